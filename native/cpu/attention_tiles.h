// What flash attention and its gradient are both made of: products in register tiles, and masks of scores that lie
// transposed, a key's row of QUERIES lanes.
#ifndef LANGEVIN_CPU_ATTENTION_TILES_H
#define LANGEVIN_CPU_ATTENTION_TILES_H

#include <string.h>

#include "attention.h"
#include "constant.h"
#include "exponential.h"
#include "transpose.h"

namespace lgv {
namespace {

constexpr int64_t QUERIES = AttentionShare::QUERIES;
constexpr int64_t KEYS = AttentionShare::KEYS;

// The register tile: ROWS of the first factor by VECTORS of the second. Sums, a row of the second and one spread element
// fill 29 of the 32 registers of AVX-512, 15 of 16 of AVX2 and 11 of 16 of the baseline, whose products need another.
#if defined(__AVX512F__)
constexpr int ROWS = 6, VECTORS = 4;
#elif defined(__AVX2__)
constexpr int ROWS = 6, VECTORS = 2;
#else
constexpr int ROWS = 4, VECTORS = 2;
#endif

// A matrix by the distances of its elements, so that it may lie transposed.
struct Factor {
  const float* data;
  int64_t row;
  int64_t column;
};

// total[r] += sum over j < count of a[r][j] * b[j]
template <int R, int V>
__attribute__((always_inline)) inline void multiply(const Factor& a, int64_t count, const float* b, int64_t b_stride,
                                                    vfloat (&total)[R][V]) {
  for (int64_t j = 0; j < count; j++) {
    vfloat other[V];
    for (int v = 0; v < V; v++) {
      other[v] = load(b + j * b_stride + v * W);
    }
    for (int r = 0; r < R; r++) {
      const vfloat element = splat(a.data[r * a.row + j * a.column]);
      for (int v = 0; v < V; v++) {
        total[r][v] += element * other[v];
      }
    }
  }
}

// Calls body(Constant<V>, first lane) for the register tiles along `vectors` vectors.
template <typename Body>
inline void for_each_vector_tile(int64_t vectors, const Body& body) {
  for (int64_t vector = 0; vector < vectors; vector += VECTORS) {
    with_constant<VECTORS>(smaller(VECTORS, vectors - vector), [&](auto v) { body(v, vector * W); });
  }
}

// dst (rows, vectors) = a (rows, count) x b (count, vectors), or added to it if ADD.
template <bool ADD>
void product(const Factor& a, int64_t rows, int64_t count, const float* b, int64_t b_stride, int64_t vectors, float* dst,
             int64_t dst_stride) {
  for (int64_t row = 0; row < rows; row += ROWS) {
    with_constant<ROWS>(smaller(ROWS, rows - row), [&](auto r) {
      for_each_vector_tile(vectors, [&](auto v, int64_t lane) {
        constexpr int R = r.value, V = v.value;
        float* to = dst + row * dst_stride + lane;
        vfloat total[R][V] = {};
        for (int i = 0; ADD && i < R; i++) {
          for (int j = 0; j < V; j++) {
            total[i][j] = load(to + i * dst_stride + j * W);
          }
        }
        multiply<R, V>({a.data + row * a.row, a.row, a.column}, count, b + lane, b_stride, total);
        for (int i = 0; i < R; i++) {
          for (int j = 0; j < V; j++) {
            store(to + i * dst_stride + j * W, total[i][j]);
          }
        }
      });
    });
  }
}

inline void copy_rows(const float* src, int64_t src_stride, int64_t rows, int64_t columns, int64_t dst_stride,
                      float* dst) {
  for (int64_t row = 0; row < rows; row++) {
    memcpy(dst + row * dst_stride, src + row * src_stride, (size_t)columns * sizeof(float));
  }
}

// Rows (queries, d) as columns of (d, QUERIES), times `factor`; the lanes of `vectors` beyond the last are zero.
inline void load_columns(const float* src, int64_t src_stride, int64_t queries, int64_t vectors, int64_t d, float factor,
                         float* dst) {
  const int64_t lanes = vectors * W;
  if (queries < lanes) {
    memset(dst, 0, (size_t)(d * QUERIES) * sizeof(float));
  }
  transpose(src, src_stride, queries, d, dst, QUERIES);
  for (int64_t i = 0; i < d; i++) {
    for (int64_t lane = 0; lane < lanes; lane += W) {
      float* column = dst + i * QUERIES + lane;
      store(column, load(column) * factor);
    }
  }
}

// Adds to the scores, which are in units of log(2), a bias by its strides.
inline void add_bias(const float* bias, int64_t query_stride, int64_t key_stride, int64_t queries, int64_t keys,
                     float* scores) {
  for (int64_t query = 0; query < queries; query++) {
    for (int64_t key = 0; key < keys; key++) {
      scores[key * QUERIES + query] += LOG2_E * bias[query * query_stride + key * key_stride];
    }
  }
}

// Keys behind a query count for nothing.
inline void mask_causally(int64_t first_query, int64_t queries, int64_t first_key, int64_t keys, float* scores) {
  for (int64_t key = 0; key < keys; key++) {
    const int64_t masked = smaller(first_key + key - first_query, queries);
    for (int64_t query = 0; query < masked; query++) {
      scores[key * QUERIES + query] = -__builtin_inff();
    }
  }
}

// Scores to weights 2^(score - maximum), where the maximum is that of all keys so far; sums follow, and `factors` is what
// earlier weights are to be multiplied by. A query whose keys are all masked so far has the maximum -infinity;
// subtracting 0 for it gives weights 0 where infinity minus infinity would not be a number.
template <int V>
void weigh(int64_t keys, float* scores, float* maxima, float* sums, float* factors) {
  vfloat maximum[V];
  vfloat total[V];
  for (int v = 0; v < V; v++) {
    maximum[v] = load(maxima + v * W);
  }
  for (int64_t key = 0; key < keys; key++) {
    for (int v = 0; v < V; v++) {
      const vfloat score = load(scores + key * QUERIES + v * W);
      maximum[v] = score > maximum[v] ? score : maximum[v];
    }
  }
  for (int v = 0; v < V; v++) {
    const vfloat before = load(maxima + v * W);
    store(maxima + v * W, maximum[v]);
    maximum[v] = maximum[v] == -__builtin_inff() ? vfloat{} : maximum[v];
    const vfloat factor = exp2(before - maximum[v]);
    store(factors + v * W, factor);
    total[v] = load(sums + v * W) * factor;
  }
  for (int64_t key = 0; key < keys; key++) {
    for (int v = 0; v < V; v++) {
      float* score = scores + key * QUERIES + v * W;
      const vfloat weight = exp2(load(score) - maximum[v]);
      store(score, weight);
      total[v] += weight;
    }
  }
  for (int v = 0; v < V; v++) {
    store(sums + v * W, total[v]);
  }
}

}  // namespace
}  // namespace lgv

#endif
