// Numbers of every type in memory, as f32 in registers. A type is an argument, the same for a whole launch, so the branch on it
// costs next to nothing beside the memory's time, and one kernel serves all types.
#ifndef LANGEVIN_CUDA_NUMBER_H
#define LANGEVIN_CUDA_NUMBER_H

#include "device.h"

#ifdef __CUDACC__
LGC_DEVICE float from_f16(uint16_t bits) {
  float x;
  asm("cvt.f32.f16 %0, %1;" : "=f"(x) : "h"(bits));
  return x;
}
LGC_DEVICE uint16_t to_f16(float x) {
  uint16_t bits;
  asm("cvt.rn.f16.f32 %0, %1;" : "=h"(bits) : "f"(x));
  return bits;
}
#else
LGC_DEVICE float from_f16(uint16_t bits) {
  const uint32_t sign = (uint32_t)(bits & 0x8000u) << 16;
  const uint32_t exponent = bits >> 10 & 31, fraction = bits & 0x3ffu;
  if (exponent == 0) {
    const float x = (float)fraction * 0x1p-24f;
    return sign != 0 ? -x : x;
  }
  return float_of(sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13);
}
LGC_DEVICE uint16_t to_f16(float x) {
  const uint32_t bits = bits_of(x), sign = bits >> 16 & 0x8000u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return (uint16_t)(sign | 0x7fffu);
  }
  if (magnitude >= 0x477ff000u) {  // 65520 and above round to infinity
    return (uint16_t)(sign | 0x7c00u);
  }
  if (magnitude < 0x38800000u) {  // below 2^-14: a multiple of 2^-24, which adding 1/2 rounds to even
    return (uint16_t)(sign | (bits_of(float_of(magnitude) + 0.5f) - 0x3f000000u));
  }
  return (uint16_t)(sign | (((magnitude + 0xfffu + (magnitude >> 13 & 1)) >> 13) - (112u << 10)));
}
#endif

LGC_DEVICE float from_bf16(uint16_t bits) { return float_of((uint32_t)bits << 16); }
LGC_DEVICE uint16_t to_bf16(float x) {
  const uint32_t bits = bits_of(x);
  return is_nan(x) ? (uint16_t)0x7fff : (uint16_t)((bits + 0x7fffu + (bits >> 16 & 1)) >> 16);
}

LGC_DEVICE float from_e4m3(uint8_t bits) {
  const uint32_t exponent = bits >> 3 & 15, fraction = bits & 7u;
  if ((bits & 127) == 127) {
    return float_of(0x7fffffffu);
  }
  const float x = exponent == 0 ? (float)fraction * 0x1p-9f : float_of((exponent + 120) << 23 | fraction << 20);
  return (bits & 128) != 0 ? -x : x;
}
// To nearest, ties to even; beyond 448 it is 448.
LGC_DEVICE uint8_t to_e4m3(float x) {
  const uint32_t bits = bits_of(x), sign = bits >> 24 & 128u, magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) {
    return (uint8_t)(sign | 127u);
  }
  if (magnitude >= 0x43e00000u) {
    return (uint8_t)(sign | 126u);
  }
  if (magnitude < 0x3c800000u) {  // below 2^-6: a multiple of 2^-9, which adding 2^14 rounds to even
    return (uint8_t)(sign | (bits_of(float_of(magnitude) + 0x1p14f) - 0x46800000u));
  }
  const uint32_t rounded = ((magnitude + 0x7ffffu + (magnitude >> 20 & 1)) >> 20) - (120u << 3);
  return (uint8_t)(sign | (rounded > 126u ? 126u : rounded));
}

LGC_DEVICE int64_t type_bytes(int64_t type) { return type == LGC_F32 ? 4 : type >= LGC_S8 ? 1 : 2; }

LGC_DEVICE const void* at(const void* memory, int64_t type, int64_t index) {
  return static_cast<const char*>(memory) + index * type_bytes(type);
}
LGC_DEVICE void* at(void* memory, int64_t type, int64_t index) {
  return static_cast<char*>(memory) + index * type_bytes(type);
}

LGC_DEVICE float load(const void* memory, int64_t type, int64_t i) {
  switch (type) {
    case LGC_F32: return static_cast<const float*>(memory)[i];
    case LGC_F16: return from_f16(static_cast<const uint16_t*>(memory)[i]);
    case LGC_BF16: return from_bf16(static_cast<const uint16_t*>(memory)[i]);
    case LGC_S8: return (float)static_cast<const int8_t*>(memory)[i];
    default: return from_e4m3(static_cast<const uint8_t*>(memory)[i]);
  }
}

LGC_DEVICE int8_t to_s8(float x) {
  const float limited = x < -127.0f ? -127.0f : (x > 127.0f ? 127.0f : x);
  return is_nan(x) ? (int8_t)0 : (int8_t)rintf(limited);
}

LGC_DEVICE void store(void* memory, int64_t type, int64_t i, float x) {
  switch (type) {
    case LGC_F32: static_cast<float*>(memory)[i] = x; break;
    case LGC_F16: static_cast<uint16_t*>(memory)[i] = to_f16(x); break;
    case LGC_BF16: static_cast<uint16_t*>(memory)[i] = to_bf16(x); break;
    case LGC_S8: static_cast<int8_t*>(memory)[i] = to_s8(x); break;
    default: static_cast<uint8_t*>(memory)[i] = to_e4m3(x); break;
  }
}

// Eight neighbours at a time: one or two accesses of 16 bytes where they are aligned.
constexpr int LANES = 8;

struct alignas(16) Words {
  uint32_t word[4];
};

LGC_DEVICE bool aligned(const void* memory) { return reinterpret_cast<uintptr_t>(memory) % 16 == 0; }

LGC_DEVICE void load8(const void* memory, int64_t type, int64_t first, float* x) {
  const void* from = at(memory, type, first);
  if (type >= LGC_S8 || !aligned(from)) {
    LGC_UNROLL for (int i = 0; i < LANES; i++) {
      x[i] = load(from, type, i);
    }
    return;
  }
  const Words* words = static_cast<const Words*>(from);
  const Words low = words[0];
  if (type == LGC_F32) {
    const Words high = words[1];
    LGC_UNROLL for (int i = 0; i < 4; i++) {
      x[i] = float_of(low.word[i]);
      x[4 + i] = float_of(high.word[i]);
    }
  } else {
    LGC_UNROLL for (int i = 0; i < LANES; i++) {
      const uint16_t half = (uint16_t)(low.word[i / 2] >> (i % 2 * 16));
      x[i] = type == LGC_F16 ? from_f16(half) : from_bf16(half);
    }
  }
}

LGC_DEVICE void store8(void* memory, int64_t type, int64_t first, const float* x) {
  void* to = at(memory, type, first);
  if (type >= LGC_S8 || !aligned(to)) {
    LGC_UNROLL for (int i = 0; i < LANES; i++) {
      store(to, type, i, x[i]);
    }
    return;
  }
  Words* words = static_cast<Words*>(to);
  Words low = {};
  if (type == LGC_F32) {
    Words high = {};
    LGC_UNROLL for (int i = 0; i < 4; i++) {
      low.word[i] = bits_of(x[i]);
      high.word[i] = bits_of(x[4 + i]);
    }
    words[1] = high;
  } else {
    LGC_UNROLL for (int i = 0; i < LANES; i++) {
      low.word[i / 2] |= (uint32_t)(type == LGC_F16 ? to_f16(x[i]) : to_bf16(x[i])) << (i % 2 * 16);
    }
  }
  words[0] = low;
}

#endif
