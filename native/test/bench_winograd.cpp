// Times the Winograd convolutions on shapes of training steps, of Stable Diffusion 1.5 and of its autoencoder's decoder. The
// rate counts the operations of the direct convolution, so that it compares with the rate of one. Built on demand:
//   cmake --build build --target bench_winograd && build/native/test/bench_winograd [PART OF A LINE]
#include <string.h>

#include "bench.h"

namespace {

// "F(4x4)   2x 64x 64x 320 ->  320", behind `what`; null where the filter is not part of it.
const char* name_of(const char* what, int64_t n, int64_t side, int64_t c, int64_t k, int64_t tile, const char* filter) {
  static char name[128];
  snprintf(name, sizeof name, "%-9sF(%ldx%ld) %3ldx%3ldx%3ldx%4ld -> %4ld", what, (long)tile, (long)tile, (long)n, (long)side,
           (long)side, (long)c, (long)k);
  return strstr(name, filter) == nullptr ? nullptr : name;
}

// The sizes of both kernels' arguments, and scratch.
template <typename Args>
void fill(Args& args, int64_t n, int64_t side, int64_t c, int64_t k, int64_t tile, int64_t (*scratch_bytes)(const Args*)) {
  args.n = n;
  args.height = args.width = side;
  args.input_channels = c;
  args.output_channels = k;
  args.tile = tile;
  args.pad_top = args.pad_left = args.pad_bottom = args.pad_right = 1;
  args.scratch_bytes = scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
}

double rate(int64_t n, int64_t side, int64_t c, int64_t k, double seconds) {
  return 18e-9 * (double)(n * side * side * c * k) / seconds;
}

void release(std::initializer_list<const void*> memory) {
  for (const void* p : memory) {
    free(const_cast<void*>(p));
  }
}

void winograd(int64_t n, int64_t side, int64_t c, int64_t k, int64_t tile, const char* filter) {
  const char* name = name_of("", n, side, c, k, tile, filter);
  if (name == nullptr) {
    return;
  }
  lgv_winograd_weights_args weights{nullptr, nullptr, k, c, tile, 0};
  float* packed = static_cast<float*>(bytes(lgv_winograd_weights_bytes(&weights)));
  weights.src = floats(k * c * 9);
  weights.dst = packed;
  const double pack = measure([&] { require(lgv_winograd_weights(&weights)); });
  lgv_winograd_args args{};
  args.src = floats(n * side * side * c);
  args.weights = packed;
  args.bias = floats(k);
  args.dst = floats(n * side * side * k);
  args.scale = 1;
  fill(args, n, side, c, k, tile, lgv_winograd_scratch_bytes);
  const double seconds = measure([&] { require(lgv_winograd(&args)); });
  printf("%s %8.1f GFLOP/s %10.1f us, weights %8.1f us, scratch %6.1f MB\n", name, rate(n, side, c, k, seconds), seconds * 1e6,
         pack * 1e6, 1e-6 * (double)args.scratch_bytes);
  release({weights.src, packed, args.src, args.bias, args.dst, args.scratch});
}

void gradient(int64_t n, int64_t side, int64_t c, int64_t k, int64_t tile, const char* filter) {
  const char* name = name_of("gradient", n, side, c, k, tile, filter);
  if (name == nullptr) {
    return;
  }
  lgv_winograd_gradient_args args{};
  args.src = floats(n * side * side * c);
  args.dy = floats(n * side * side * k);
  args.dst = floats(k * c * 9);
  fill(args, n, side, c, k, tile, lgv_winograd_gradient_scratch_bytes);
  const double seconds = measure([&] { require(lgv_winograd_gradient(&args)); });
  printf("%s %8.1f GFLOP/s %10.1f us, scratch %6.1f MB\n", name, rate(n, side, c, k, seconds), seconds * 1e6,
         1e-6 * (double)args.scratch_bytes);
  release({args.src, args.dy, args.dst, args.scratch});
}

struct Problem {
  int64_t n, side, c, k;
};

const Problem PROBLEMS[] = {
    {64, 28, 64, 64},   {64, 28, 128, 64},  {64, 28, 192, 64},  {64, 14, 128, 128}, {64, 14, 256, 128},
    {64, 14, 256, 256}, {2, 64, 320, 320},  {2, 64, 640, 320},  {2, 32, 640, 640},  {2, 32, 1280, 640},
    {2, 16, 1280, 1280}, {2, 16, 2560, 1280}, {2, 8, 1280, 1280}, {1, 512, 128, 128}, {1, 256, 256, 256},
    {1, 128, 512, 512}, {1, 64, 512, 512},
};

}  // namespace

int main(int argc, char** argv) {
  print_limits(find_peak());
  printf("the direct convolution's operations a second:\n");
  const char* filter = argc > 1 ? argv[1] : "";
  for (const Problem& p : PROBLEMS) {
    for (int64_t tile : {4, 2}) {
      winograd(p.n, p.side, p.c, p.k, tile, filter);
      gradient(p.n, p.side, p.c, p.k, tile, filter);
    }
  }
  return 0;
}
