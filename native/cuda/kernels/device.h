// What a kernel's source needs in order to compile three ways: by nvcc, by NVRTC (which brings no headers, so none of CUDA's
// is included), and as plain C++ where a CUDA thread is a fiber (emulation/emulation.h).
//
//   LGC_KERNEL(lgc_xxx, lgc_xxx_args, LGC_XXX_THREADS) { ... args.src ... }    a kernel: its name, argument and largest block
//   LGC_DEVICE float f(...)                                                    a function of kernels
//   LGC_SHARED(float, sums, 32);                                               memory of a block: float* or float[32]
#ifndef LANGEVIN_CUDA_DEVICE_H
#define LANGEVIN_CUDA_DEVICE_H

#ifdef __CUDACC__
#include "langevin_cuda.h"
#define LGC_KERNEL(name, Args, threads) extern "C" __global__ void __launch_bounds__(threads) name(const __grid_constant__ Args args)
#define LGC_DEVICE static __device__ __forceinline__
#define LGC_SHARED(type, name, count) __shared__ __align__(16) type name[count]
#define LGC_UNROLL _Pragma("unroll")
#else
#include <math.h>
#include <string.h>

#include "emulation.h"
#include "langevin_cuda.h"
#define LGC_DEVICE static inline
#define LGC_UNROLL
#endif

LGC_DEVICE int64_t smaller(int64_t a, int64_t b) { return a < b ? a : b; }
LGC_DEVICE int64_t parts(int64_t count, int64_t each) { return (count + each - 1) / each; }

// Products and sums in double that no compiler may fuse: they have the bits that the host's have.
#ifdef __CUDACC__
LGC_DEVICE double product(double a, double b) { return __dmul_rn(a, b); }
LGC_DEVICE double sum(double a, double b) { return __dadd_rn(a, b); }
#else
LGC_DEVICE double product(double a, double b) { return a * b; }  // compiled with -ffp-contract=off
LGC_DEVICE double sum(double a, double b) { return a + b; }
#endif

LGC_DEVICE uint32_t bits_of(float x) {
#ifdef __CUDACC__
  return __float_as_uint(x);
#else
  uint32_t bits;
  memcpy(&bits, &x, sizeof bits);
  return bits;
#endif
}

LGC_DEVICE float float_of(uint32_t bits) {
#ifdef __CUDACC__
  return __uint_as_float(bits);
#else
  float x;
  memcpy(&x, &bits, sizeof x);
  return x;
#endif
}

LGC_DEVICE bool is_nan(float x) { return x != x; }

#endif
