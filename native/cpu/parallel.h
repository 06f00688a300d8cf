// How many threads share a piece of work.
#ifndef LANGEVIN_CPU_PARALLEL_H
#define LANGEVIN_CPU_PARALLEL_H

#include <omp.h>
#include <stdint.h>

namespace lgv {
namespace {

// Waking the team and meeting at its end costs 2 to 4 microseconds. An element of an elementwise kernel costs about 0.2
// nanoseconds from cache, so that a thread with fewer than these would mostly wait.
constexpr int64_t ELEMENTS_PER_THREAD = 16384;

// Threads for `work` units of which one thread should have at least `per_thread`; at most the calling thread's team. In
// double, for products of sizes need not fit 64 bits.
inline int threads_for(double work, double per_thread) {
  const double useful = work / per_thread;
  const int team = omp_get_max_threads();
  return useful >= team ? team : (useful < 1 ? 1 : (int)useful);
}

}  // namespace
}  // namespace lgv

#endif
