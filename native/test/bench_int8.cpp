// Times the layers of 8-bit integers on shapes of a Stable Diffusion 1.5 step and of its autoencoder's decoder. Built on demand:
//   cmake --build build --target bench_int8 && build/native/test/bench_int8 [PART OF A LINE]
#include <string.h>

#include "bench.h"

namespace {

__attribute__((target("avx512f,avx512vnni"))) void byte_product_chains() {
  typedef int v16 __attribute__((vector_size(64)));
  v16 total[CHAINS] = {};
  const v16 a = {1};
  for (int64_t i = 0; i < STEPS; i++) {
    for (int c = 0; c < CHAINS; c++) {
      asm volatile("vpdpbusd %1, %1, %0" : "+v"(total[c]) : "v"(a));
    }
  }
}

double find_byte_peak() {
  if (!(lgv_cpu_features() & LGV_CPU_AVX512_VNNI)) {
    return 0;
  }
  const double seconds = measure([] {
#pragma omp parallel
    byte_product_chains();
  });
  return (double)(STEPS * CHAINS * 128 * lgv_num_threads()) / seconds * 1e-9;
}

void layer(int64_t n, int64_t height, int64_t width, int64_t c, int64_t k, int64_t kernel, double peak, const char* filter) {
  char name[128];
  snprintf(name, sizeof name, "%ldx%ld %3ldx%3ldx%4ldx%5ld -> %5ld", (long)kernel, (long)kernel, (long)n, (long)height,
           (long)width, (long)c, (long)k);
  if (strstr(name, filter) == nullptr) {
    return;
  }
  lgv_int8_weights_args weights{nullptr, nullptr, k, c, kernel};
  void* packed = bytes(lgv_int8_weights_bytes(&weights));
  weights.src = floats(k * c * kernel * kernel);
  weights.dst = packed;
  const double pack = measure([&] { require(lgv_int8_weights(&weights)); });
  lgv_int8_args args{};
  args.src = floats(n * height * width * c);
  args.weights = packed;
  args.bias = floats(k);
  args.dst = floats(n * height * width * k);
  args.n = n;
  args.height = height;
  args.width = width;
  args.input_channels = c;
  args.output_channels = k;
  args.kernel = kernel;
  args.stride = 1;
  args.pad_top = args.pad_left = args.pad_bottom = args.pad_right = kernel / 2;
  args.scratch_bytes = lgv_int8_scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
  const double seconds = measure([&] { require(lgv_int8(&args)); });
  const double rate = 2e-9 * (double)(n * height * width * c * k * kernel * kernel) / seconds;
  printf("%s %8.1f GOP/s %5.1f%% of peak %10.1f us, weights %9.1f us\n", name, rate, 100 * rate / peak, seconds * 1e6, pack * 1e6);
  fflush(stdout);
  for (const void* p : {(const void*)args.src, args.weights, (const void*)args.bias, (const void*)args.dst, (const void*)args.scratch,
                        (const void*)weights.src}) {
    free(const_cast<void*>(p));
  }
}

}  // namespace

int main(int count, char** values) {
  const char* filter = count > 1 ? values[1] : "";
  const double peak = find_byte_peak();
  print_limits(find_peak());
  printf("peak of byte products %.0f GOP/s\n", peak);
  layer(2, 64, 64, 320, 320, 3, peak, filter);
  layer(2, 64, 64, 640, 320, 3, peak, filter);
  layer(2, 32, 32, 640, 640, 3, peak, filter);
  layer(2, 16, 16, 1280, 1280, 3, peak, filter);
  layer(2, 16, 16, 2560, 1280, 3, peak, filter);
  layer(2, 8, 8, 1280, 1280, 3, peak, filter);
  layer(1, 256, 256, 256, 256, 3, peak, filter);
  layer(1, 512, 512, 128, 128, 3, peak, filter);
  layer(1, 1, 8192, 320, 320, 1, peak, filter);
  layer(1, 1, 8192, 320, 1280, 1, peak, filter);
  layer(1, 1, 8192, 1280, 320, 1, peak, filter);
  layer(1, 1, 2048, 640, 640, 1, peak, filter);
  layer(1, 1, 2048, 640, 2560, 1, peak, filter);
  layer(1, 1, 512, 1280, 1280, 1, peak, filter);
  layer(1, 1, 512, 1280, 5120, 1, peak, filter);
  layer(1, 1, 512, 5120, 1280, 1, peak, filter);
  layer(1, 1, 154, 768, 768, 1, peak, filter);
  return 0;
}
