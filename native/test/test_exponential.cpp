#include "../cpu/exponential.h"

#include <cmath>

#include "check.h"

using namespace test;

namespace {

// Compiled for the baseline; the other levels run the same polynomial with fused multiply-adds.
float exp2_of(float x) { return lgv::exp2(lgv::splat(x))[0]; }
float silu_of(float x) { return lgv::silu(lgv::splat(x))[0]; }

// The kernels' own tolerances would hide a wrong digit in a coefficient.
TEST("exponential", "is right to 1.5 units in the last place") {
  double worst = 0, worst_at = 0;
  for (double x = -126; x <= 127; x += 1.0 / 4096 + 1e-7) {
    const float rounded = (float)x;
    const double expected = std::exp2((double)rounded);
    const double unit = std::ldexp(1.0, std::ilogb(expected) - 23);
    const double error = std::fabs(exp2_of(rounded) - expected) / unit;
    if (error > worst) {
      worst = error;
      worst_at = rounded;
    }
  }
  if (worst > 1.5) {
    fail(__FILE__, __LINE__, text("2^%.9g is off by %.2f units", worst_at, worst));
  }
}

TEST("exponential", "is exact at integers, zero below the normal numbers, and passes on what is not a number") {
  for (int n = -126; n <= 127; n++) {
    CHECK(exp2_of((float)n) == std::ldexp(1.0f, n));
  }
  for (float x : {-126.01f, -1000.0f, -3e38f, -INFINITY}) {
    CHECK(exp2_of(x) == 0);
  }
  CHECK(std::isnan(exp2_of(NAN)));
}

TEST("exponential", "gives silu at all sizes") {
  for (float x : {-1e30f, -200.0f, -88.0f, -20.0f, -1.0f, -1e-20f, 0.0f, 1e-20f, 0.5f, 30.0f, 200.0f, 1e30f}) {
    const double expected = x / (1 + std::exp(-(double)x));
    CHECK(std::fabs(silu_of(x) - expected) <= 8 * EPSILON * std::fabs(expected) + 1e-7);
  }
  CHECK(std::isnan(silu_of(NAN)));
}

}  // namespace
