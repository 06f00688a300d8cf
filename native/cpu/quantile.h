// A quantile of magnitudes without sorting and without memory.
#ifndef LANGEVIN_CPU_QUANTILE_H
#define LANGEVIN_CPU_QUANTILE_H

#include <stdint.h>
#include <string.h>

namespace lgv {
namespace {

// The bits of |x|, which as an integer are ordered as |x| is (and not-a-number above all).
inline uint32_t magnitude_bits(float x) {
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits & 0x7fffffffu;
}

inline double from_bits(uint32_t bits) {
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
}

// The bits of the value of rank `rank` (from 0) among the magnitudes, by radix selection: each pass counts the next digits
// of those values that share the digits known so far. `not_above` becomes the number of values that are not greater.
inline uint32_t select_magnitude(const float* values, int64_t count, int64_t rank, int64_t* not_above) {
  constexpr int DIGITS[] = {11, 10, 10};
  int64_t counts[1 << 11];
  uint32_t prefix = 0;
  int64_t below = 0;
  int shift = 31;
  for (int digits : DIGITS) {
    const int known = shift;
    shift -= digits;
    memset(counts, 0, sizeof counts);
    for (int64_t i = 0; i < count; i++) {
      uint32_t bits = magnitude_bits(values[i]);
      if (bits >> known == prefix) {
        counts[(bits >> shift) & ((1u << digits) - 1)]++;
      }
    }
    uint32_t digit = 0;
    while (below + counts[digit] <= rank) {
      below += counts[digit++];
    }
    prefix = prefix << digits | digit;
    *not_above = below + counts[digit];
  }
  return prefix;
}

// The quantile of |values| with linear interpolation between ranks, as torch.quantile takes it. count >= 1.
inline double magnitude_quantile(const float* values, int64_t count, double ratio) {
  const double rank = ratio * (double)(count - 1);
  const int64_t below = (int64_t)rank;
  int64_t not_above = 0;
  const uint32_t low = select_magnitude(values, count, below, &not_above);
  if (rank == (double)below || not_above > below + 1) {
    return from_bits(low);
  }
  uint32_t high = 0x7fffffffu;
  for (int64_t i = 0; i < count; i++) {
    uint32_t bits = magnitude_bits(values[i]);
    if (bits > low && bits < high) {
      high = bits;
    }
  }
  return from_bits(low) + (rank - (double)below) * (from_bits(high) - from_bits(low));
}

}  // namespace
}  // namespace lgv

#endif
