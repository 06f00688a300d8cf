// Times convolutions whose weights are halves, and their gradients, on shapes of a training step of Stable Diffusion 1.5 at
// 256x256. Built on demand:
//   cmake --build build --target bench_half && build/native/test/bench_half
#include "bench.h"

namespace {

void layer(int64_t side, int64_t c, int64_t k, int64_t kernel, int64_t gradient) {
  lgv_half_conv_args args{};
  args.n = 1;
  args.height = args.width = side;
  args.input_channels = c;
  args.output_channels = k;
  args.kernel_height = args.kernel_width = kernel;
  args.stride = 1;
  args.pad_top = args.pad_left = args.pad_bottom = args.pad_right = kernel / 2;
  args.gradient = gradient;
  lgv_half_pack_args pack{floats(k * c * kernel * kernel), static_cast<uint16_t*>(bytes(2 * k * c * kernel * kernel)), k, c,
                          kernel * kernel, 0};
  require(lgv_half_pack(&pack));
  args.weights = pack.dst;
  args.src = floats(side * side * (c > k ? c : k));
  args.dst = floats(side * side * (c > k ? c : k));
  args.scratch_bytes = lgv_half_conv_scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
  const double seconds = measure([&] { require(lgv_half_conv(&args)); });
  printf("%s %ldx%ld %2ldx%2ld x%4ld -> %4ld %8.1f GFLOP/s %10.1f us\n", gradient ? "gradient" : "forward ", (long)kernel,
         (long)kernel, (long)side, (long)side, (long)c, (long)k,
         2e-9 * (double)(side * side * c * k * kernel * kernel) / seconds, seconds * 1e6);
  for (const void* p : {(const void*)pack.src, (const void*)pack.dst, (const void*)args.src, (const void*)args.dst,
                        (const void*)args.scratch}) {
    free(const_cast<void*>(p));
  }
}

// The same by Winograd's algorithm.
void winograd(int64_t side, int64_t c, int64_t k, int64_t gradient) {
  lgv_winograd_args args{};
  args.n = 1;
  args.height = args.width = side;
  args.input_channels = gradient ? k : c;
  args.output_channels = gradient ? c : k;
  args.tile = 4;
  args.pad_top = args.pad_left = args.pad_bottom = args.pad_right = 1;
  args.scale = 1;
  args.halves = 1;
  args.transposed = gradient;
  lgv_half_pack_args pack{floats(k * c * 9), static_cast<uint16_t*>(bytes(2 * k * c * 9)), k, c, 9, 0};
  require(lgv_half_pack(&pack));
  args.weights = pack.dst;
  args.src = floats(side * side * (c > k ? c : k));
  args.dst = floats(side * side * (c > k ? c : k));
  args.scratch_bytes = lgv_winograd_scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
  const double seconds = measure([&] { require(lgv_winograd(&args)); });
  printf("%s F(4x4) %2ldx%2ld x%4ld -> %4ld %5.1f GFLOP/s %10.1f us\n", gradient ? "gradient" : "forward ", (long)side, (long)side,
         (long)c, (long)k, 18e-9 * (double)(side * side * c * k) / seconds, seconds * 1e6);
  for (const void* p : {(const void*)pack.src, (const void*)pack.dst, (const void*)args.src, (const void*)args.dst,
                        (const void*)args.scratch}) {
    free(const_cast<void*>(p));
  }
}

}  // namespace

int main() {
  print_limits(find_peak());
  for (int64_t gradient : {0, 1}) {
    for (int64_t kernel : {1, 3}) {
      layer(32, 320, 320, kernel, gradient);
      layer(16, 640, 640, kernel, gradient);
      layer(8, 1280, 1280, kernel, gradient);
      layer(8, 2560, 1280, kernel, gradient);
      layer(4, 1280, 1280, kernel, gradient);
    }
    winograd(32, 320, 320, gradient);
    winograd(16, 640, 640, gradient);
    winograd(8, 1280, 1280, gradient);
    winograd(8, 2560, 1280, gradient);
    winograd(4, 1280, 1280, gradient);
    layer(32, 320, 2560, 1, gradient);
    layer(16, 640, 5120, 1, gradient);
    layer(8, 1280, 10240, 1, gradient);
    layer(8, 5120, 1280, 1, gradient);
  }
}
