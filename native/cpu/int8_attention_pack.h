// The keys and values of a head as bytes.
//
// Keys: k = low + s u, u = 0 to 255, with low and s of each channel over all keys. A query's score with a key is then a sum of
// (q s) u, and of q low, which is the same for all keys: softmax does not see it, and it is left out. Subtracting the channels'
// means for that reason is from Zhang et al., arXiv:2410.02367; here the whole range is used. s is multiplied into the queries.
//
// Values: v = middle + s i, i = -127 to 127, likewise by channel. Weights sum to one, so that the middles are added at the end.
#ifndef LANGEVIN_CPU_INT8_ATTENTION_PACK_H
#define LANGEVIN_CPU_INT8_ATTENTION_PACK_H

#include "byte_products.h"
#include "int8_attention.h"

namespace lgv {
namespace {

constexpr int64_t LARGEST_HEAD = 512;

// Rows (length, d) of a head, at a stride.
struct HeadRows {
  const float* first;
  int64_t stride, length, d;

  // Up to W channels of a row from channel c on.
  vfloat at(int64_t row, int64_t c) const {
    const float* p = first + row * stride + c;
    return c + W <= d ? load(p) : load_partial(p, d - c);
  }
};

struct ChannelRanges {
  float least[LARGEST_HEAD + W], largest[LARGEST_HEAD + W];
  float invalid;  // 0, or not a number if a value is not finite

  explicit ChannelRanges(const HeadRows& rows) {
    constexpr int64_t BLOCK = 64;  // of rows that stay in the first-level cache
    vfloat not_finite{};
    for (int64_t row = 0; row < rows.length; row += BLOCK) {
      const int64_t end = smaller(row + BLOCK, rows.length);
      for (int64_t c = 0; c < rows.d; c += W) {
        vfloat low = row == 0 ? rows.at(0, c) : load(least + c);
        vfloat high = row == 0 ? low : load(largest + c);
        for (int64_t i = row; i < end; i++) {
          const vfloat x = rows.at(i, c);
          low = x < low ? x : low;
          high = x > high ? x : high;
          not_finite += x * 0.0f;
        }
        store(least + c, low);
        store(largest + c, high);
      }
    }
    invalid = 0;
    for (int64_t i = 0; i < W; i++) {
      invalid += not_finite[i];
    }
  }
};

// steps / range; 0 for a range that is nothing, whose channel then has one value.
inline vfloat steps_per_unit(vfloat range, float steps) { return range > 1e-30f ? steps / range : vfloat{}; }

// -127 to 127, rounded, as a byte of two's complement; any byte for what is not a number.
inline vint signed_byte(vfloat x) { return (to_int(x + 128.5f) & 255) ^ 128; }

// Writes keys in whole vectors one after the other, so that what each writes behind its end is the next one's, or the filling.
inline void pack_keys(const HeadRows& rows, float score_scale, const Int8AttentionShape& shape, char* head) {
  ChannelRanges ranges(rows);
  float* factors = (float*)(head + shape.query_factors);
  float inverses[LARGEST_HEAD + W];
  for (int64_t c = 0; c < rows.d; c += W) {
    const vfloat range = load(ranges.largest + c) - load(ranges.least + c);
    store_partial(factors + c, range * (score_scale / 255) + ranges.invalid, smaller(W, rows.d - c));
    store(inverses + c, steps_per_unit(range, 255));
  }
  for (int64_t row = 0; row < rows.length; row++) {
    uint8_t* key = (uint8_t*)head + shape.keys + row * shape.key_bytes;
    for (int64_t c = 0; c < rows.d; c += W) {
      const vfloat steps = (rows.at(row, c) - load(ranges.least + c)) * load(inverses + c) + 0.5f;
      store_bytes(key + c, to_int(at_most(steps, 255)));
    }
  }
}

inline void pack_values(const HeadRows& rows, const Int8AttentionShape& shape, char* head) {
  ChannelRanges ranges(rows);
  float* scales = (float*)(head + shape.value_scales);
  float* middles = (float*)(head + shape.value_middles);
  for (int64_t c = 0; c < rows.d; c += W) {
    const int64_t lanes = smaller(W, rows.d - c);
    const vfloat low = load(ranges.least + c) * 0.5f, high = load(ranges.largest + c) * 0.5f;
    const vfloat middle = low + high, inverse = steps_per_unit(high - low, 127);
    store_partial(scales + c, (high - low) / 127.0f, lanes);
    store_partial(middles + c, middle + ranges.invalid, lanes);
    for (int64_t row = 0; row < rows.length; row += 4) {
      vint four{};
      for (int64_t i = 0; i < smaller(4, rows.length - row); i++) {
        four |= signed_byte((rows.at(row + i, c) - middle) * inverse) << (int)(8 * i);
      }
      char* dst = head + shape.values + row / 4 * shape.value_bytes + 4 * c;
      store_partial((float*)dst, (vfloat)four, lanes);
    }
  }
}

}  // namespace
}  // namespace lgv

#endif
