// Arithmetic on sizes.
#ifndef LANGEVIN_CPU_SIZES_H
#define LANGEVIN_CPU_SIZES_H

#include <stdint.h>

namespace lgv {
namespace {

constexpr int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
constexpr int64_t divide_up(int64_t a, int64_t b) { return (a + b - 1) / b; }  // a >= 0, b > 0

}  // namespace
}  // namespace lgv

#endif
