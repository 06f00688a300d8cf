// Sums of products of unsigned with signed bytes, four to a lane of 32 bits, in two forms that give the same sums: by the
// instruction that is made for them (VNNI), and by products of 16-bit words, which every x86-64 has.
//
// A kernel is a template of its form. The source of AVX-512 is compiled without VNNI's flag, for not every processor with the
// one has the other, so that the instruction is written by name; which form runs is asked of the processor by has_byte_products.
#ifndef LANGEVIN_CPU_BYTE_PRODUCTS_H
#define LANGEVIN_CPU_BYTE_PRODUCTS_H

#include <string.h>

#include "langevin.h"
#include "vector.h"

namespace lgv {
namespace {

typedef int32_t vint __attribute__((vector_size(4 * W)));
typedef int32_t vint_memory __attribute__((vector_size(4 * W), aligned(1), may_alias));
typedef int16_t vshort __attribute__((vector_size(4 * W)));
typedef uint8_t vbytes __attribute__((vector_size(W)));

// W lanes of 32 bits, be they numbers or four bytes each.
inline vint load_lanes(const void* p) { return *static_cast<const vint_memory*>(p); }
inline void store_lanes(void* p, vint v) { *static_cast<vint_memory*>(p) = v; }

// The same four bytes in all lanes.
inline vint spread_four(const void* p) {
  int32_t four;
  memcpy(&four, p, 4);
  return four - vint{};
}

// Numbers 0 to 255 as W bytes.
inline void store_bytes(uint8_t* p, vint v) {
  const vbytes packed = __builtin_convertvector(v, vbytes);
  memcpy(p, &packed, sizeof packed);
}

inline vint to_int(vfloat x) { return __builtin_convertvector(x, vint); }  // towards zero
inline vfloat to_float(vint x) { return __builtin_convertvector(x, vfloat); }

struct WordProducts {
  static constexpr int REGISTERS = 2;  // of an operand

  struct Unsigned {
    vint even, odd;
  };
  struct Signed {
    vshort even, odd;
  };

  static Unsigned unsigned_bytes(vint four) { return {four & 0xff00ff, four >> 8 & 0xff00ff}; }
  static Signed signed_bytes(vint four) { return {(vshort)four << 8 >> 8, (vshort)four >> 8}; }

  static vint add(vint total, const Unsigned& x, const Signed& y) { return total + pairs(x.even, y.even) + pairs(x.odd, y.odd); }

  // For each lane the sum of the products of two pairs of 16-bit numbers.
  static vint pairs(vint a, vshort b) {
#if defined(__AVX512F__)
    return (vint)_mm512_madd_epi16((__m512i)a, (__m512i)b);
#elif defined(__AVX2__)
    return (vint)_mm256_madd_epi16((__m256i)a, (__m256i)b);
#else
    return (vint)_mm_madd_epi16((__m128i)a, (__m128i)b);
#endif
  }
};

#if defined(__AVX512F__)

struct ByteProducts {
  static constexpr int REGISTERS = 1;

  typedef vint Unsigned;
  typedef vint Signed;

  static Unsigned unsigned_bytes(vint four) { return four; }
  static Signed signed_bytes(vint four) { return four; }
  static vint add(vint total, Unsigned x, Signed y) {
    asm("vpdpbusd %2, %1, %0" : "+v"(total) : "v"(x), "v"(y));
    return total;
  }
};

inline bool has_byte_products() { return (lgv_cpu_features() & LGV_CPU_AVX512_VNNI) != 0; }

#else

typedef WordProducts ByteProducts;

inline bool has_byte_products() { return false; }

#endif

}  // namespace
}  // namespace lgv

#endif
