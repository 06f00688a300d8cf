// Sums and maxima over a warp; the order of the terms is fixed, so results do not depend on who runs first.
#ifndef LANGEVIN_CUDA_REDUCE_H
#define LANGEVIN_CUDA_REDUCE_H

#include "device.h"

constexpr unsigned ALL_LANES = 0xffffffffu;

// Every lane gets the sum.
template <typename T>
LGC_DEVICE T warp_sum(T value) {
  for (int other = 16; other > 0; other /= 2) {
    value += __shfl_xor_sync(ALL_LANES, value, other);
  }
  return value;
}

// Not a number if one is.
LGC_DEVICE float warp_max(float value) {
  for (int other = 16; other > 0; other /= 2) {
    const float theirs = __shfl_xor_sync(ALL_LANES, value, other);
    value = theirs > value || is_nan(theirs) ? theirs : value;
  }
  return value;
}

// Of the whole block, whose threads are whole warps; `partial` has room for a number a warp, and may be used again at once.
template <typename T>
LGC_DEVICE T block_sum(T value, T* partial) {
  value = warp_sum(value);
  const int warps = (int)blockDim.x / 32;
  if (threadIdx.x % 32 == 0) {
    partial[threadIdx.x / 32] = value;
  }
  __syncthreads();
  value = (int)threadIdx.x % 32 < warps ? partial[threadIdx.x % 32] : T(0);
  value = warp_sum(value);
  __syncthreads();
  return value;
}

LGC_DEVICE float block_max(float value, float* partial) {
  value = warp_max(value);
  const int warps = (int)blockDim.x / 32;
  if (threadIdx.x % 32 == 0) {
    partial[threadIdx.x / 32] = value;
  }
  __syncthreads();
  value = warp_max(partial[(int)threadIdx.x % 32 < warps ? threadIdx.x % 32 : 0]);
  __syncthreads();
  return value;
}

#endif
