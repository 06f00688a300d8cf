// Times convolutions whose weights are halves, and their gradients, on shapes of a training step of Stable Diffusion 1.5 at
// 256x256. Built on demand:
//   cmake --build build --target bench_half && build/native/test/bench_half
#include "bench.h"

namespace {

struct Layer {
  int64_t side, c, k, kernel, gradient;
};

// Seconds of one call; args has all but its memory.
template <typename Args>
double seconds_of(const Layer& layer, Args& args, int64_t (*scratch_bytes)(const Args*), int32_t (*run)(const Args*)) {
  const int64_t taps = layer.kernel * layer.kernel, channels = layer.c > layer.k ? layer.c : layer.k;
  lgv_half_pack_args pack{floats(layer.k * layer.c * taps), static_cast<uint16_t*>(bytes(2 * layer.k * layer.c * taps)),
                          layer.k, layer.c, taps, 0};
  require(lgv_half_pack(&pack));
  args.weights = pack.dst;
  args.src = floats(layer.side * layer.side * channels);
  args.dst = floats(layer.side * layer.side * channels);
  args.scratch_bytes = scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
  const double seconds = measure([&] { require(run(&args)); });
  for (const void* p : {(const void*)pack.src, (const void*)pack.dst, (const void*)args.src, (const void*)args.dst,
                        (const void*)args.scratch}) {
    free(const_cast<void*>(p));
  }
  return seconds;
}

void print(const Layer& layer, const char* kernel, double seconds) {
  printf("%s %-6s %2ldx%2ld x%4ld -> %4ld %8.1f GFLOP/s %10.1f us\n", layer.gradient ? "gradient" : "forward ", kernel,
         (long)layer.side, (long)layer.side, (long)layer.c, (long)layer.k,
         2e-9 * (double)(layer.side * layer.side * layer.c * layer.k * layer.kernel * layer.kernel) / seconds, seconds * 1e6);
}

void direct(const Layer& layer) {
  lgv_half_conv_args args{};
  args.n = 1;
  args.height = args.width = layer.side;
  args.input_channels = layer.c;
  args.output_channels = layer.k;
  args.kernel_height = args.kernel_width = layer.kernel;
  args.stride = 1;
  args.pad_top = args.pad_left = args.pad_bottom = args.pad_right = layer.kernel / 2;
  args.gradient = layer.gradient;
  print(layer, layer.kernel == 1 ? "1x1" : "3x3", seconds_of(layer, args, lgv_half_conv_scratch_bytes, lgv_half_conv));
}

void winograd(const Layer& layer) {
  lgv_winograd_args args{};
  args.n = 1;
  args.height = args.width = layer.side;
  args.input_channels = layer.gradient ? layer.k : layer.c;
  args.output_channels = layer.gradient ? layer.c : layer.k;
  args.tile = 4;
  args.pad_top = args.pad_left = args.pad_bottom = args.pad_right = 1;
  args.scale = 1;
  args.halves = 1;
  args.transposed = layer.gradient;
  print(layer, "F(4x4)", seconds_of(layer, args, lgv_winograd_scratch_bytes, lgv_winograd));
}

}  // namespace

int main() {
  print_limits(find_peak());
  for (int64_t gradient : {0, 1}) {
    for (const Layer& layer : {Layer{32, 320, 320, 3, gradient}, {16, 640, 640, 3, gradient}, {8, 1280, 1280, 3, gradient},
                               {8, 2560, 1280, 3, gradient}, {4, 1280, 1280, 3, gradient}}) {
      direct({layer.side, layer.c, layer.k, 1, gradient});
      direct(layer);
      winograd(layer);
    }
    direct({32, 320, 2560, 1, gradient});
    direct({16, 640, 5120, 1, gradient});
    direct({8, 1280, 10240, 1, gradient});
    direct({8, 5120, 1280, 1, gradient});
  }
}
