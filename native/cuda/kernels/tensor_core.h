// c += a b on a tensor core: a 16 by 16 by rows, b 16 by 8 by columns, c 16 by 8 in f32, spread over a warp's registers. Lane
// 4 g + t holds, of pairs of neighbours along the sum: a's rows g, g+8 at 2t, then both at 2t+8; b's column g at 2t and 2t+8;
// c's rows g, g+8 at columns 2t, 2t+1 (PTX ISA, "Matrix Fragments for mma.m16n8k16").
#ifndef LANGEVIN_CUDA_TENSOR_CORE_H
#define LANGEVIN_CUDA_TENSOR_CORE_H

#include "number.h"

#ifdef __CUDACC__
LGC_DEVICE void multiply(int64_t type, float* c, const uint32_t* a, const uint32_t* b) {
  if (type == LGC_F16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
  }
}
#else
LGC_DEVICE void widen(int64_t type, const uint32_t* pairs, int count, float* x) {
  for (int i = 0; i < 2 * count; i++) {
    const uint16_t half = (uint16_t)(pairs[i / 2] >> (i % 2 * 16));
    x[i] = type == LGC_F16 ? from_f16(half) : from_bf16(half);
  }
}

// Each lane shows its fragments to the others while all wait.
LGC_DEVICE void multiply(int64_t type, float* c, const uint32_t* a, const uint32_t* b) {
  float own_a[8], own_b[4];
  widen(type, a, 4, own_a);
  widen(type, b, 2, own_b);
  emulation::self->fragment[0] = own_a;
  emulation::self->fragment[1] = own_b;
  __syncwarp();
  const int g = emulation::self->lane / 4, t = emulation::self->lane % 4;
  for (int i = 0; i < 4; i++) {
    const int row = g + i / 2 * 8, column = 2 * t + i % 2;
    float sum = 0.0f;
    for (int k = 0; k < 16; k++) {
      const int pair = k % 8 / 2;
      const float* of_row = static_cast<const float*>(emulation::lane_of_warp(row % 8 * 4 + pair).fragment[0]);
      const float* of_column = static_cast<const float*>(emulation::lane_of_warp(column * 4 + pair).fragment[1]);
      sum += of_row[(row / 8 + k / 8 * 2) * 2 + k % 2] * of_column[k / 8 * 2 + k % 2];
    }
    c[i] += sum;
  }
  __syncwarp();
}
#endif

#endif
