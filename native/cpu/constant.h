// Small numbers of the run as constants of the compiler, for tiles that are held in registers.
#ifndef LANGEVIN_CPU_CONSTANT_H
#define LANGEVIN_CPU_CONSTANT_H

#include <stdint.h>

namespace lgv {
namespace {

template <int N>
struct Constant {
  static constexpr int value = N;
};

// Calls `body` with `value`, 1 to MAX, as a compile-time constant.
template <int MAX, typename Body>
inline void with_constant(int64_t value, const Body& body) {
  if constexpr (MAX > 1) {
    if (value < MAX) {
      with_constant<MAX - 1>(value, body);
      return;
    }
  }
  body(Constant<MAX>());
}

}  // namespace
}  // namespace lgv

#endif
