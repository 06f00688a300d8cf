// 2^x and what is made of it, in vectors.
#ifndef LANGEVIN_CPU_EXPONENTIAL_H
#define LANGEVIN_CPU_EXPONENTIAL_H

#include "vector.h"

namespace lgv {
namespace {

constexpr float LOG2_E = 1.44269504f;

// 2^x for x <= 127; 0 below -126, where f32 has no normal numbers left. Within 1.5 ulp.
//
// x = n + r with n the nearest integer. Adding 1.5 * 2^23 leaves no bits for a fraction, so that the lowest bits of the
// sum are n, and these, moved to the exponent's place, make 2^n. 2^r for |r| <= 1/2 is the polynomial that interpolates it
// at the seven Chebyshev nodes, within 2e-8 with its coefficients rounded to f32.
inline vfloat exp2(vfloat x) {
  const float rounder = 12582912.0f;
  vfloat shifted = x + rounder;
  vfloat r = x - (shifted - rounder);
  vfloat p = splat(1.54614445e-4f);
  p = p * r + 1.34004282e-3f;
  p = p * r + 9.61805668e-3f;
  p = p * r + 5.55032723e-2f;
  p = p * r + 2.40226509e-1f;
  p = p * r + 6.93147207e-1f;
  p = p * r + 1.0f;
  vfloat power = (vfloat)(((vuint)shifted + 127) << 23);
  return x < -126.0f ? vfloat{} : p * power;
}

// x * sigmoid(x). The limits keep 2^x finite; beyond them sigmoid is 0 or 1 to all bits that matter.
inline vfloat silu(vfloat x) {
  vfloat exponent = at_most(at_least(x * -LOG2_E, -126.0f), 126.0f);
  return x / (1.0f + exp2(exponent));
}

}  // namespace
}  // namespace lgv

#endif
