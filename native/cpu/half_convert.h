// Halves and floats.
#ifndef LANGEVIN_CPU_HALF_CONVERT_H
#define LANGEVIN_CPU_HALF_CONVERT_H

#include "vector.h"

namespace lgv {
namespace {

inline float float_of(uint32_t bits) {
  float value;
  __builtin_memcpy(&value, &bits, 4);
  return value;
}

inline uint32_t bits_of(float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, 4);
  return bits;
}

template <bool BF16>
inline float widened(uint16_t half) {
  if (BF16) {
    return float_of((uint32_t)half << 16);
  }
  // An f16's exponent and fraction in an f32's places, 112 too small an exponent, which the product mends for subnormal
  // numbers too; what is not finite has the largest exponent of either.
  const uint32_t places = (uint32_t)(half & 0x7fff) << 13;
  const uint32_t size = places >= 0x0f800000 ? places | 0x7f800000 : bits_of(float_of(places) * 0x1p112f);
  return float_of(size | (uint32_t)(half & 0x8000) << 16);
}

template <bool BF16>
inline uint16_t halved(float value) {
  const uint32_t bits = bits_of(value), size = bits & 0x7fffffff;
  const bool is_number = size <= 0x7f800000;
  if (BF16) {
    return (uint16_t)(is_number ? (bits + 0x7fff + (bits >> 16 & 1)) >> 16 : bits >> 16 | 0x40);
  }
  const uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
  if (size >= 0x47800000) {  // 2^16
    return (uint16_t)(sign | (is_number ? 0x7c00 : 0x7e00));
  }
  if (size < 0x38800000) {   // 2^-14: the sum with 1/2 has the units of subnormal numbers, and rounds
    return (uint16_t)(sign | (bits_of(float_of(size) + 0.5f) - bits_of(0.5f)));
  }
  return (uint16_t)(sign | (size - 0x38000000 + 0xfff + (size >> 13 & 1)) >> 13);
}

// A vector's worth.
template <bool BF16>
inline vfloat load_halves(const uint16_t* from) {
#if defined(__AVX512F__)
  const __m256i halves = _mm256_loadu_si256((const __m256i*)from);
  return BF16 ? (vfloat)_mm512_maskz_slli_epi32(0xffff, _mm512_maskz_cvtepu16_epi32(0xffff, halves), 16)
              : (vfloat)_mm512_maskz_cvtph_ps(0xffff, halves);
#elif defined(__AVX2__)
  const __m128i halves = _mm_loadu_si128((const __m128i*)from);
  return BF16 ? (vfloat)_mm256_slli_epi32(_mm256_cvtepu16_epi32(halves), 16) : (vfloat)_mm256_cvtph_ps(halves);
#else
  vfloat values{};
  for (int64_t i = 0; i < W; i++) {
    values[i] = widened<BF16>(from[i]);
  }
  return values;
#endif
}

// The first `count` halves, 0 <= count, of at most a vector, and zeros; touches no byte behind them.
template <bool BF16>
inline vfloat load_halves_partial(const uint16_t* from, int64_t count) {
  if (count >= W) {
    return load_halves<BF16>(from);
  }
  uint16_t halves[W] = {};
  for (int64_t i = 0; i < count; i++) {
    halves[i] = from[i];
  }
  return load_halves<BF16>(halves);
}

// `count` of them, and zeros up to `room`.
template <bool BF16>
inline void widen_row(const uint16_t* from, int64_t count, float* to, int64_t room) {
  int64_t i = 0;
  for (; i + W <= count; i += W) {
    store(to + i, load_halves<BF16>(from + i));
  }
  for (; i < count; i++) {
    to[i] = widened<BF16>(from[i]);
  }
  for (; i < room; i++) {
    to[i] = 0;
  }
}

}  // namespace
}  // namespace lgv

#endif
