// The one-dimensional transforms of Winograd's minimal filtering F(m, 3), by which m results of a filter with 3 taps take m + 2
// multiplications: y = A^T [(G g) * (B^T d)]. In two dimensions each is applied to the columns and then to the rows.
//
// They follow from multiplying polynomials by their values at m + 1 points and at infinity (Toom and Cook): A^T evaluates
// powers of the points, G the filter's polynomial over the products of the points' differences N, and row i of B^T holds the
// coefficients of the product of (x - p) over all points p but the i-th.
//
// Points of F(4, 3): 0, +-a, +-b with a = 11/16 and b = 3/2. The customary 0, +-1, +-2 have 2.3 times the error, 0, +-1,
// +-1/2 as well; 0, +-1, 1/2, -2 have 1.5 times the error and lack the symmetry that halves the arithmetic. Around these a and
// b the error is flat, so they were chosen such that every coefficient of A and B is an f32 without rounding.
#ifndef LANGEVIN_CPU_WINOGRAD_TRANSFORM_H
#define LANGEVIN_CPU_WINOGRAD_TRANSFORM_H

#include "vector.h"

namespace lgv {
namespace {

template <int M>
struct Winograd;

template <>
struct Winograd<2> {
  static constexpr int M = 2;
  static constexpr int SIDE = 4;                // of a source tile
  static constexpr int POINTS = SIDE * SIDE;

  // v = B^T d
  static inline void source(const vfloat (&d)[SIDE], vfloat (&v)[SIDE]) {
    v[0] = d[2] - d[0];
    v[1] = d[2] + d[1];
    v[2] = d[2] - d[1];
    v[3] = d[3] - d[1];
  }

  // u = G g
  static inline void weights(const vfloat (&g)[3], vfloat (&u)[SIDE]) {
    const vfloat even = (g[0] + g[2]) * 0.5f;
    const vfloat odd = g[1] * 0.5f;
    u[0] = -g[0];
    u[1] = even + odd;
    u[2] = even - odd;
    u[3] = g[2];
  }

  // y = A^T m
  static inline void result(const vfloat (&m)[SIDE], vfloat (&y)[M]) {
    y[0] = m[0] + (m[1] + m[2]);
    y[1] = m[3] + (m[1] - m[2]);
  }

  // m = A y
  static inline void result_transposed(const vfloat (&y)[M], vfloat (&m)[SIDE]) {
    m[0] = y[0];
    m[1] = y[0] + y[1];
    m[2] = y[0] - y[1];
    m[3] = y[1];
  }

  // g = G^T u
  static inline void weights_transposed(const vfloat (&u)[SIDE], vfloat (&g)[3]) {
    const vfloat even = (u[1] + u[2]) * 0.5f;
    g[0] = even - u[0];
    g[1] = (u[1] - u[2]) * 0.5f;
    g[2] = even + u[3];
  }
};

template <>
struct Winograd<4> {
  static constexpr int M = 4;
  static constexpr int SIDE = 6;
  static constexpr int POINTS = SIDE * SIDE;

  static constexpr double A = 11.0 / 16, B = 3.0 / 2;
  static constexpr float a = (float)A, a2 = (float)(A * A), a3 = (float)(A * A * A);
  static constexpr float b = (float)B, b2 = (float)(B * B), b3 = (float)(B * B * B);

  static inline void source(const vfloat (&d)[SIDE], vfloat (&v)[SIDE]) {
    constexpr float sum = (float)(A * A + B * B);
    constexpr float product = (float)(A * A * B * B);
    const vfloat even_a = d[4] - b2 * d[2];
    const vfloat odd_a = d[3] - b2 * d[1];
    const vfloat even_b = d[4] - a2 * d[2];
    const vfloat odd_b = d[3] - a2 * d[1];
    v[0] = (d[4] - sum * d[2]) + product * d[0];
    v[1] = even_a + a * odd_a;
    v[2] = even_a - a * odd_a;
    v[3] = even_b + b * odd_b;
    v[4] = even_b - b * odd_b;
    v[5] = (d[5] - sum * d[3]) + product * d[1];
  }

  // The products of the differences between the points.
  static constexpr double N0 = A * A * B * B;
  static constexpr double NA = 2 * A * A * (A * A - B * B);
  static constexpr double NB = 2 * B * B * (B * B - A * A);

  static inline void weights(const vfloat (&g)[3], vfloat (&u)[SIDE]) {
    const vfloat even_a = g[0] * (float)(1 / NA) + g[2] * (float)(A * A / NA);
    const vfloat odd_a = g[1] * (float)(A / NA);
    const vfloat even_b = g[0] * (float)(1 / NB) + g[2] * (float)(B * B / NB);
    const vfloat odd_b = g[1] * (float)(B / NB);
    u[0] = g[0] * (float)(1 / N0);
    u[1] = even_a + odd_a;
    u[2] = even_a - odd_a;
    u[3] = even_b + odd_b;
    u[4] = even_b - odd_b;
    u[5] = g[2];
  }

  static inline void result(const vfloat (&m)[SIDE], vfloat (&y)[M]) {
    const vfloat even_a = m[1] + m[2];
    const vfloat odd_a = m[1] - m[2];
    const vfloat even_b = m[3] + m[4];
    const vfloat odd_b = m[3] - m[4];
    y[0] = m[0] + (even_a + even_b);
    y[1] = a * odd_a + b * odd_b;
    y[2] = a2 * even_a + b2 * even_b;
    y[3] = (m[5] + a3 * odd_a) + b3 * odd_b;
  }

  static inline void result_transposed(const vfloat (&y)[M], vfloat (&m)[SIDE]) {
    const vfloat even_a = y[0] + a2 * y[2];
    const vfloat odd_a = a * y[1] + a3 * y[3];
    const vfloat even_b = y[0] + b2 * y[2];
    const vfloat odd_b = b * y[1] + b3 * y[3];
    m[0] = y[0];
    m[1] = even_a + odd_a;
    m[2] = even_a - odd_a;
    m[3] = even_b + odd_b;
    m[4] = even_b - odd_b;
    m[5] = y[3];
  }

  static inline void weights_transposed(const vfloat (&u)[SIDE], vfloat (&g)[3]) {
    const vfloat even_a = u[1] + u[2];
    const vfloat odd_a = u[1] - u[2];
    const vfloat even_b = u[3] + u[4];
    const vfloat odd_b = u[3] - u[4];
    g[0] = u[0] * (float)(1 / N0) + (even_a * (float)(1 / NA) + even_b * (float)(1 / NB));
    g[1] = odd_a * (float)(A / NA) + odd_b * (float)(B / NB);
    g[2] = u[5] + (even_a * (float)(A * A / NA) + even_b * (float)(B * B / NB));
  }
};

}  // namespace
}  // namespace lgv

#endif
