// Attention on tensor cores without the matrix of weights ever lying in memory (arXiv:2205.14135). A warp has 16 queries, a block
// 64 of one head and up to 128 of its columns; keys and values come through shared memory, 32 at a time. A head wider than
// 128 is read in slices: each block makes the scores of the whole head, and the results of its own columns.
#include "reduce.h"
#include "tensor_core.h"

constexpr int FLASH_COLUMNS = LGC_FLASH_COLUMNS;
constexpr int KEYS = 32;
constexpr int KEY_ROW = FLASH_COLUMNS + 8;  // 16 bytes more: rows begin in different banks
constexpr int VALUE_ROW = KEYS + 8;
constexpr float MASKED = -1e30f;            // finite: less itself it is zero

struct FlashHead {
  const uint16_t* q;
  const uint16_t* k;
  const uint16_t* v;
  const float* bias;
  int64_t first_query;  // of the block
  int64_t first_column; // of the block
  int d;
};

// Two neighbours of a row, zeros beyond the head or the rows.
LGC_DEVICE uint32_t pair(const uint16_t* row, int column, int d, bool there) {
  const uint32_t low = there && column < d ? row[column] : 0u;
  const uint32_t high = there && column + 1 < d ? row[column + 1] : 0u;
  return low | high << 16;
}

// Of 16 queries by 16 columns.
LGC_DEVICE void query_fragment(const lgc_attention_args& args, const FlashHead& head, int64_t row, int column, uint32_t* a) {
  const int g = (int)threadIdx.x % 32 / 4, t = (int)threadIdx.x % 4;
  LGC_UNROLL for (int i = 0; i < 4; i++) {
    const int64_t query = row + g + i % 2 * 8;
    const bool there = query < args.query_length;
    a[i] = pair(head.q + (there ? query : 0) * args.q_row_stride, column + 2 * t + i / 2 * 8, head.d, there);
  }
}

template <int64_t TYPE>
LGC_DEVICE uint32_t round_pair(float low, float high) {
  return TYPE == LGC_F16 ? (uint32_t)to_f16(low) | (uint32_t)to_f16(high) << 16
                         : (uint32_t)to_bf16(low) | (uint32_t)to_bf16(high) << 16;
}

template <int64_t TYPE>
LGC_DEVICE void flash_attention(const lgc_attention_args& args, uint16_t* keys, uint16_t* values) {
  const int lane = (int)threadIdx.x % 32, warp = (int)threadIdx.x / 32, g = lane / 4, t = lane % 4;
  const int d = (int)args.head_size;
  const int64_t slices = parts(d, FLASH_COLUMNS), blocks = parts(args.query_length, LGC_FLASH_QUERIES);
  for (int64_t unit = blockIdx.x; unit < args.n * args.heads * blocks * slices; unit += gridDim.x) {
    const int64_t n = unit / slices / blocks / args.heads, h = unit / slices / blocks % args.heads;
    FlashHead head;
    head.d = d;
    head.first_column = unit % slices * FLASH_COLUMNS;
    head.first_query = unit / slices % blocks * LGC_FLASH_QUERIES;
    head.q = static_cast<const uint16_t*>(args.q) + n * args.q_batch_stride + h * d;
    head.k = static_cast<const uint16_t*>(args.k) + n * args.k_batch_stride + h * d;
    head.v = static_cast<const uint16_t*>(args.v) + n * args.v_batch_stride + h * d;
    head.bias = args.bias == nullptr ? nullptr : args.bias + n * args.bias_batch_stride + h * args.bias_head_stride;
    const int64_t row = head.first_query + warp * 16;
    const int own = (int)smaller(FLASH_COLUMNS, d - head.first_column);
    uint32_t query[FLASH_COLUMNS / 16][4];  // kept where the head is one slice
    if (slices == 1) {
      LGC_UNROLL for (int i = 0; i < FLASH_COLUMNS / 16; i++) {
        if (i * 16 < d) {
          query_fragment(args, head, row, i * 16, query[i]);
        }
      }
    }
    float y[FLASH_COLUMNS / 8][4];
    LGC_UNROLL for (int i = 0; i < FLASH_COLUMNS / 8; i++) {
      LGC_UNROLL for (int j = 0; j < 4; j++) {
        y[i][j] = 0.0f;
      }
    }
    float largest[2] = {MASKED, MASKED}, total[2] = {0.0f, 0.0f};
    const int64_t end =
        args.causal != 0 ? smaller(args.key_length, head.first_query + LGC_FLASH_QUERIES) : args.key_length;
    for (int64_t first = 0; first < end; first += KEYS) {
      float score[KEYS / 8][4];
      LGC_UNROLL for (int i = 0; i < KEYS / 8; i++) {
        LGC_UNROLL for (int j = 0; j < 4; j++) {
          score[i][j] = 0.0f;
        }
      }
      for (int64_t slice = 0; slice < slices; slice++) {
        const int from = (int)slice * FLASH_COLUMNS, width = (int)smaller(FLASH_COLUMNS, d - from);
        for (int i = (int)threadIdx.x; i < KEYS * FLASH_COLUMNS; i += LGC_FLASH_THREADS) {
          const int key = i / FLASH_COLUMNS, c = i % FLASH_COLUMNS;
          keys[key * KEY_ROW + c] =
              first + key < end && c < width ? head.k[(first + key) * args.k_row_stride + from + c] : (uint16_t)0;
        }
        __syncthreads();
        LGC_UNROLL for (int i = 0; i < FLASH_COLUMNS / 16; i++) {
          if (i * 16 < width) {
            if (slices > 1) {
              query_fragment(args, head, row, from + i * 16, query[i]);
            }
            LGC_UNROLL for (int j = 0; j < KEYS / 8; j++) {
              const uint32_t* at = reinterpret_cast<const uint32_t*>(keys + (j * 8 + g) * KEY_ROW + i * 16 + 2 * t);
              const uint32_t b[2] = {at[0], at[4]};
              multiply(TYPE, score[j], query[i], b);
            }
          }
        }
        __syncthreads();
      }
      // Transposed, so that neighbours along the sum over keys are one word.
      for (int i = (int)threadIdx.x; i < KEYS * FLASH_COLUMNS; i += LGC_FLASH_THREADS) {
        const int key = i / FLASH_COLUMNS, c = i % FLASH_COLUMNS;
        values[c * VALUE_ROW + key] =
            first + key < end && c < own ? head.v[(first + key) * args.v_row_stride + head.first_column + c] : (uint16_t)0;
      }
      LGC_UNROLL for (int r = 0; r < 2; r++) {
        const int64_t i = row + g + r * 8;
        float most = largest[r];
        LGC_UNROLL for (int j = 0; j < KEYS / 8; j++) {
          LGC_UNROLL for (int e = 0; e < 2; e++) {
            const int64_t key = first + j * 8 + 2 * t + e;
            float s = score[j][2 * r + e] * (float)args.scale;
            if (head.bias != nullptr && key < end && i < args.query_length) {
              s += head.bias[i * args.bias_query_stride + key * args.bias_key_stride];
            }
            if (key >= end || (args.causal != 0 && key > i) || s < MASKED) {
              s = MASKED;
            }
            score[j][2 * r + e] = s;
            most = s > most || is_nan(s) ? s : most;
          }
        }
        for (int other = 1; other < 4; other *= 2) {
          const float theirs = __shfl_xor_sync(ALL_LANES, most, other);
          most = theirs > most || is_nan(theirs) ? theirs : most;
        }
        const float kept = expf(largest[r] - most);
        largest[r] = most;
        total[r] *= kept;
        LGC_UNROLL for (int j = 0; j < FLASH_COLUMNS / 8; j++) {
          y[j][2 * r] *= kept;
          y[j][2 * r + 1] *= kept;
        }
        LGC_UNROLL for (int j = 0; j < KEYS / 8; j++) {
          LGC_UNROLL for (int e = 0; e < 2; e++) {
            const float s = score[j][2 * r + e];
            const float weight = s == MASKED ? 0.0f : expf(s - most);
            score[j][2 * r + e] = weight;
            total[r] += weight;
          }
        }
      }
      __syncthreads();
      LGC_UNROLL for (int i = 0; i < KEYS / 16; i++) {
        uint32_t weights[4];
        LGC_UNROLL for (int half = 0; half < 2; half++) {
          const float* s = score[2 * i + half];
          weights[2 * half] = round_pair<TYPE>(s[0], s[1]);
          weights[2 * half + 1] = round_pair<TYPE>(s[2], s[3]);
        }
        LGC_UNROLL for (int j = 0; j < FLASH_COLUMNS / 8; j++) {
          if (j * 8 < own) {
            const uint32_t* at = reinterpret_cast<const uint32_t*>(values + (j * 8 + g) * VALUE_ROW + i * 16 + 2 * t);
            const uint32_t b[2] = {at[0], at[4]};
            multiply(TYPE, y[j], weights, b);
          }
        }
      }
      __syncthreads();
    }
    LGC_UNROLL for (int r = 0; r < 2; r++) {
      for (int other = 1; other < 4; other *= 2) {
        total[r] += __shfl_xor_sync(ALL_LANES, total[r], other);
      }
      const int64_t i = row + g + r * 8;
      const int64_t to = n * args.dst_batch_stride + i * args.dst_row_stride + h * d + head.first_column;
      LGC_UNROLL for (int j = 0; j < FLASH_COLUMNS / 8; j++) {
        LGC_UNROLL for (int e = 0; e < 2; e++) {
          const int c = j * 8 + 2 * t + e;
          if (i < args.query_length && c < own) {
            store(args.dst, TYPE, to + c, total[r] == 0.0f ? 0.0f : y[j][2 * r + e] / total[r]);
          }
        }
      }
    }
  }
}

LGC_KERNEL(lgc_flash_attention_f16, lgc_attention_args, LGC_FLASH_THREADS) {
  LGC_SHARED(uint16_t, keys, KEYS * KEY_ROW);
  LGC_SHARED(uint16_t, values, FLASH_COLUMNS * VALUE_ROW);
  flash_attention<LGC_F16>(args, keys, values);
}

LGC_KERNEL(lgc_flash_attention_bf16, lgc_attention_args, LGC_FLASH_THREADS) {
  LGC_SHARED(uint16_t, keys, KEYS * KEY_ROW);
  LGC_SHARED(uint16_t, values, FLASH_COLUMNS * VALUE_ROW);
  flash_attention<LGC_BF16>(args, keys, values);
}
