// Vectors of the instruction set that a kernel source is compiled for, by the compiler's vector extension: the same
// source gives SSE, AVX2 and AVX-512 code. Everything is static, see kernels.h.
#ifndef LANGEVIN_CPU_VECTOR_H
#define LANGEVIN_CPU_VECTOR_H

#include <immintrin.h>
#include <stdint.h>

#include "sizes.h"

namespace lgv {
namespace {

#if defined(__AVX512F__)
constexpr int64_t W = 16;  // floats in a vector
#elif defined(__AVX2__)
constexpr int64_t W = 8;
#else
constexpr int64_t W = 4;
#endif

typedef float vfloat __attribute__((vector_size(4 * W)));
typedef uint32_t vuint __attribute__((vector_size(4 * W)));
typedef double vdouble __attribute__((vector_size(4 * W)));      // W/2 doubles
typedef float vfloat_half __attribute__((vector_size(2 * W)));   // W/2 floats
typedef float vfloat_memory __attribute__((vector_size(4 * W), aligned(4), may_alias));
typedef double vdouble_memory __attribute__((vector_size(4 * W), aligned(8), may_alias));
typedef float vfloat_half_memory __attribute__((vector_size(2 * W), aligned(4), may_alias));

inline vfloat load(const float* p) { return *reinterpret_cast<const vfloat_memory*>(p); }
inline void store(float* p, vfloat v) { *reinterpret_cast<vfloat_memory*>(p) = v; }
inline vfloat splat(float x) { return x - vfloat{}; }  // a scalar operand is spread over all lanes; x - 0 is x

inline vfloat_half load_half(const float* p) { return *reinterpret_cast<const vfloat_half_memory*>(p); }
inline void store_half(float* p, vfloat_half v) { *reinterpret_cast<vfloat_half_memory*>(p) = v; }

inline vdouble load(const double* p) { return *reinterpret_cast<const vdouble_memory*>(p); }
inline void store(double* p, vdouble v) { *reinterpret_cast<vdouble_memory*>(p) = v; }

// By name, for GCC 12 makes the generic conversion of a whole AVX-512 vector in two halves; with a mask of all lanes, for the
// form without one makes it warn of an uninitialised variable in its own header.
inline vdouble widen(vfloat_half v) {
#if defined(__AVX512F__)
  return (vdouble)_mm512_maskz_cvtps_pd(0xff, (__m256)v);
#else
  return __builtin_convertvector(v, vdouble);
#endif
}

inline vfloat_half narrow(vdouble v) {
#if defined(__AVX512F__)
  return (vfloat_half)_mm512_maskz_cvtpd_ps(0xff, (__m512d)v);
#else
  return __builtin_convertvector(v, vfloat_half);
#endif
}

// The first `count` floats, 0 <= count <= W, and zeros; touches no byte behind them.
inline vfloat load_partial(const float* p, int64_t count) {
#if defined(__AVX512F__)
  return (vfloat)_mm512_maskz_loadu_ps((__mmask16)((1u << count) - 1), p);
#elif defined(__AVX2__)
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  return (vfloat)_mm256_maskload_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lanes));
#else
  vfloat v{};
  for (int64_t i = 0; i < count; i++) {
    v[i] = p[i];
  }
  return v;
#endif
}

inline void store_partial(float* p, vfloat v, int64_t count) {
#if defined(__AVX512F__)
  _mm512_mask_storeu_ps(p, (__mmask16)((1u << count) - 1), (__m512)v);
#elif defined(__AVX2__)
  const __m256i lanes = _mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7);
  _mm256_maskstore_ps(p, _mm256_cmpgt_epi32(_mm256_set1_epi32((int)count), lanes), (__m256)v);
#else
  for (int64_t i = 0; i < count; i++) {
    p[i] = v[i];
  }
#endif
}

// Lane by lane; where a value is not a number the result is not either, which is why x comes last in both selections.
inline vfloat at_least(vfloat x, float limit) { return x < limit ? splat(limit) : x; }
inline vfloat at_most(vfloat x, float limit) { return x > limit ? splat(limit) : x; }

inline double sum(vdouble v) {
  double total = 0;
  for (int64_t i = 0; i < W / 2; i++) {
    total += v[i];
  }
  return total;
}

}  // namespace
}  // namespace lgv

#endif
