// What the entry points check of their arguments.
#ifndef LANGEVIN_CPU_CHECKS_H
#define LANGEVIN_CPU_CHECKS_H

#include <stdint.h>

#include "langevin.h"

namespace lgv {

// Sizes whose product is above this are refused: byte offsets into such a tensor could overflow 64 bits.
constexpr int64_t MAX_ELEMENTS = INT64_C(1) << 56;

// Whether a*b is at most MAX_ELEMENTS, for a, b >= 0.
inline bool fits(int64_t a, int64_t b) { return b == 0 || a <= MAX_ELEMENTS / b; }
inline bool fits(int64_t a, int64_t b, int64_t c) { return fits(a, b) && fits(a * b, c); }

inline bool is_finite(double x) { return x - x == 0; }

inline bool is_flag(int64_t x) { return x == 0 || x == 1; }

inline int32_t check_scratch(const void* scratch, int64_t bytes, int64_t needed) {
  bool aligned = reinterpret_cast<uintptr_t>(scratch) % 64 == 0;
  return scratch != nullptr && aligned && bytes >= needed ? LGV_OK : LGV_BAD_SCRATCH;
}

}  // namespace lgv

#endif
