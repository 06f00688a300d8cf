// Runs a CUDA kernel on the CPU: a block at a time, each of its threads a fiber of one thread of the system. Kernels see what
// CUDA gives them (threadIdx, barriers, shuffles, atomics); who runs them sees find() and launch().
//
// Threads run until they wait: at a barrier for the whole block, in a warp's operation for the lanes of its mask. In which
// order they run is the caller's choice. A kernel that is right gives the same bits in every order; one that lacks a barrier
// reads, in some order, what is not there yet or no more. Blocks too run in the order: forward, backward or shuffled.
// Shared memory is filled with NaN before each block. A kernel whose threads wait at different places is reported.
#ifndef LANGEVIN_CUDA_EMULATION_H
#define LANGEVIN_CUDA_EMULATION_H

#include <math.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <string>
#include <vector>

namespace emulation {

struct Dim {
  unsigned x = 1, y = 1, z = 1;
};

enum class Order {
  FORWARD,   // thread by thread, to its next wait
  BACKWARD,
  SHUFFLED,  // anew at every turn
  WARPS      // a warp as far as it gets alone, so that warps are a barrier apart
};
constexpr Order ORDERS[] = {Order::FORWARD, Order::BACKWARD, Order::SHUFFLED, Order::WARPS};

struct Kernel {
  const char* name;
  size_t bytes;      // of its argument
  unsigned threads;  // of the largest block
  void (*run)(const void* args);
};

// Of all kernels in the program or library; null if there is none of that name.
const Kernel* find(const std::string& name);
std::vector<const Kernel*> kernels();

// Runs all blocks, shared among `workers` threads of the system. Returns what is wrong, nothing if all is well.
std::string launch(const Kernel& kernel, Dim grid, Dim block, const void* args, Order order = Order::FORWARD, int workers = 1);

// ---- what kernels see ----

struct Fiber {
  void* stack_pointer;
  Dim thread;
  int index;       // within the block
  int lane, warp;
  int state;
  unsigned mask;   // of the warp's operation that this waits in
  const char* file;
  int line;        // where this waits
  int operations;  // of its warp
  uint64_t slot[2];
  const void* fragment[2];  // operands of a tensor core's operation
};

struct Place {
  Dim block, block_extent, grid_extent;
};

extern __thread Fiber* self;  // not thread_local: every use would call a function first
extern __thread Place place;

void wait_for_block(const char* file, int line);
void wait_for_warp(unsigned mask, const char* file, int line);
Fiber& lane_of_warp(int lane);

// Memory of the block, the same for all its threads; `tag` tells arrays apart.
void* shared(const void* tag, size_t bytes);

template <typename T>
T shuffle(unsigned mask, T value, int lane, const char* file, int line) {
  static_assert(sizeof(T) <= 8, "at most eight bytes move at a time");
  // Two slots in turn: a lane may be one operation ahead, and must not write over what others still read.
  const int slot = self->operations++ & 1;
  memcpy(&self->slot[slot], &value, sizeof value);
  wait_for_warp(mask, file, line);
  T result;
  memcpy(&result, &lane_of_warp(lane).slot[slot], sizeof result);
  return result;
}

struct Registration {
  Registration(const char* name, size_t bytes, unsigned threads, void (*run)(const void*));
  Kernel kernel;
};

}  // namespace emulation

#define LGC_KERNEL(name, Args, threads)                                                                     \
  static void name##_body(const Args& args);                                                                \
  static const emulation::Registration name##_registration(                                                 \
      #name, sizeof(Args), threads, [](const void* block) { name##_body(*static_cast<const Args*>(block)); }); \
  static void name##_body([[maybe_unused]] const Args& args)
#define LGC_SHARED(type, name, count)   \
  static const char name##_tag = 0;     \
  type* const name = static_cast<type*>(emulation::shared(&name##_tag, sizeof(type) * (count)))

#define threadIdx (emulation::self->thread)
#define blockIdx (emulation::place.block)
#define blockDim (emulation::place.block_extent)
#define gridDim (emulation::place.grid_extent)
#define __syncthreads() emulation::wait_for_block(__FILE__, __LINE__)
#define __syncwarp() emulation::wait_for_warp(~0u, __FILE__, __LINE__)
#define __shfl_xor_sync(mask, value, other) \
  emulation::shuffle(mask, value, emulation::self->lane ^ (other), __FILE__, __LINE__)
#define __shfl_sync(mask, value, lane) emulation::shuffle(mask, value, (lane) & 31, __FILE__, __LINE__)

inline int atomicAdd(int* to, int value) { return __atomic_fetch_add(to, value, __ATOMIC_RELAXED); }
inline int atomicExch(int* to, int value) { return __atomic_exchange_n(to, value, __ATOMIC_RELAXED); }
inline float rsqrtf(float x) { return 1.0f / sqrtf(x); }

#endif
