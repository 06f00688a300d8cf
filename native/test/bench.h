// How the benchmarks measure: the median of several runs, beside the machine's own limits taken in the same run.
#ifndef LANGEVIN_TEST_BENCH_H
#define LANGEVIN_TEST_BENCH_H

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include <algorithm>
#include <vector>

#include "langevin.h"

namespace {

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// Median seconds of at least 5 runs and about half a second.
template <typename Body>
double measure(const Body& body) {
  body();
  std::vector<double> times;
  const double start = now();
  while (times.size() < 5 || (now() - start < 0.5 && times.size() < 2000)) {
    const double before = now();
    body();
    times.push_back(now() - before);
  }
  std::sort(times.begin(), times.end());
  return times[times.size() / 2];
}

float* floats(int64_t count) {
  float* p = static_cast<float*>(aligned_alloc(64, (size_t)((count * 4 + 63) / 64 * 64)));
  for (int64_t i = 0; i < count; i++) {
    p[i] = (float)((i * 2654435761u >> 8 & 0xffff) / 32768.0 - 1.0);
  }
  return p;
}

void* bytes(int64_t count) { return aligned_alloc(64, (size_t)((count + 63) / 64 * 64)); }

void require(int32_t status) {
  if (status != LGV_OK) {
    fprintf(stderr, "%s\n", lgv_status_text(status));
    exit(1);
  }
}

// Chains of multiply-adds in registers: what the vector units can do, and more than any kernel.
constexpr int CHAINS = 12;
constexpr int64_t STEPS = 4000000;

__attribute__((target("avx512f"))) void multiply_add_chains() {
  typedef float v16 __attribute__((vector_size(64)));
  v16 total[CHAINS] = {};
  const v16 a = {1};
  for (int64_t i = 0; i < STEPS; i++) {
    for (int c = 0; c < CHAINS; c++) {
      asm volatile("vfmadd231ps %1, %1, %0" : "+v"(total[c]) : "v"(a));
    }
  }
}

double peak_avx512() {
  const double seconds = measure([] {
#pragma omp parallel
    multiply_add_chains();
  });
  return (double)(STEPS * CHAINS * 32 * lgv_num_threads()) / seconds * 1e-9;
}

// 0 for a CPU without AVX-512.
double find_peak() { return (lgv_cpu_features() & LGV_CPU_AVX512F) ? peak_avx512() : 0; }

void copy() {
  const int64_t size = INT64_C(256) << 20;
  lgv_stream_copy_args args{floats(size / 4), floats(size / 4), size};  // written once: untouched pages are all one page
  const double seconds = measure([&] { require(lgv_stream_copy(&args)); });
  printf("stream copy                          %8.1f GB/s\n", 2e-9 * (double)size / seconds);
  free(const_cast<void*>(args.src));
  free(args.dst);
}

void print_limits(double peak) {
  printf("isa %s, %d threads, peak %.0f GFLOP/s in f32\n", lgv_isa_name(), lgv_num_threads(), peak);
  copy();
}

}  // namespace

#endif
