// By how much the transforms of Winograd's minimal filtering F(m, 3) magnify roundings. The matrices are made here from the
// points, by Toom's and Cook's formulae, and not taken from the kernel.
#ifndef LANGEVIN_TEST_WINOGRAD_GROWTH_H
#define LANGEVIN_TEST_WINOGRAD_GROWTH_H

#include <algorithm>
#include <cmath>
#include <vector>

namespace test {

// One dimension: y[i] = sum over p of A[i][p] (sum over t of G[p][t] g[t]) (sum over j of B[p][j] d[j]).
class Growth {
 public:
  explicit Growth(int64_t tile) : side_(tile + 2), factors_((size_t)(3 * side_)) {
    std::vector<double> points = {0, 1, -1};
    if (tile == 4) {
      points = {0, 11.0 / 16, -11.0 / 16, 1.5, -1.5};
    }
    for (size_t p = 0; p <= points.size(); p++) {
      add_point(points, p, tile);
    }
  }

  // The worst: every rounding is relative to the absolute value of some term of the sums above, so that an error is at most the
  // number of roundings on a term's way times the sum of the terms' absolute values. To that |g[t]| |d[j]| contributes with
  // at most this factor, the maximum over i of sum over p of |A[i][p]| |G[p][t]| |B[p][j]|. In the definition the factor is
  // 1 where i + t = j, else 0.
  double worst(int64_t t, int64_t j) const { return factors_[(size_t)(t * side_ + j)]; }

  // The expected ratio of the root mean squared error in two dimensions to that of an f32 sum in the definition's order, for
  // independent terms over many channels C. After k of n terms a sum's mean square is k times a term's, and so is that of its
  // rounding; all n make n^2/2. Here n is C, and a term's mean square at the point p is |G[p]|^2 |B[p]|^2 times that of a
  // product in the definition, where n is 9*C. In one dimension, with weights A[i][p]^2, the ratio of mean squares is
  //   (C^2/2 * sum over p of A[i][p]^2 |G[p]|^2 |B[p]|^2) / ((3*C)^2/2)
  // whose mean over i, squared for the second dimension, is what is asked for, squared.
  double statistical() const { return squares_ / 9; }

 private:
  void add_point(const std::vector<double>& points, size_t p, int64_t tile) {
    const size_t count = points.size();
    std::vector<double> b = {1};  // coefficients of the product of (x - q) over the points q but the p-th
    double difference = 1;
    for (size_t q = 0; q < count; q++) {
      if (q != p) {
        b.insert(b.begin(), 0);
        for (size_t j = 0; j + 1 < b.size(); j++) {
          b[j] -= points[q] * b[j + 1];
        }
        difference *= p < count ? points[p] - points[q] : 1;
      }
    }
    double g_square = 0, b_square = 0, a_square = 0, a_largest = 0;
    for (int64_t i = 0; i < tile; i++) {
      const double a = p < count ? std::pow(points[p], (double)i) : i == tile - 1;
      a_square += a * a / (double)tile;
      a_largest = std::max(a_largest, std::fabs(a));
    }
    for (int64_t t = 0; t < 3; t++) {
      const double g = p < count ? std::pow(points[p], (double)t) / difference : t == 2;
      g_square += g * g;
      for (size_t j = 0; j < b.size(); j++) {
        factors_[(size_t)(t * side_) + j] += a_largest * std::fabs(g) * std::fabs(b[j]);
      }
    }
    for (double coefficient : b) {
      b_square += coefficient * coefficient;
    }
    squares_ += a_square * g_square * b_square;
  }

  int64_t side_;
  std::vector<double> factors_;  // [t][j]
  double squares_ = 0;
};

}  // namespace test

#endif
