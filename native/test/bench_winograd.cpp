// Times the Winograd convolutions on shapes of training steps, of Stable Diffusion 1.5 and of its autoencoder's decoder. The
// rate counts the operations of the direct convolution, so that it compares with the rate of one. Built on demand:
//   cmake --build build --target bench_winograd && build/native/test/bench_winograd [PART OF A LINE]
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <string>

#include "langevin.h"

namespace {

double now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

// The least of at least 5 runs and about a second: the machine may be shared.
template <typename Body>
double measure(const Body& body) {
  body();
  double best = 1e30;
  const double start = now();
  for (int i = 0; i < 5 || (now() - start < 1 && i < 2000); i++) {
    const double before = now();
    body();
    const double time = now() - before;
    best = time < best ? time : best;
  }
  return best;
}

// Memory as the engine takes it.
struct Block {
  int64_t bytes;
  void* memory;

  explicit Block(int64_t size) : bytes(size), memory(lgv_allocate(size)) {}
  ~Block() { lgv_free(memory, bytes); }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  float* floats() const { return static_cast<float*>(memory); }

  void fill() const {
    for (int64_t i = 0; i < bytes / 4; i++) {
      floats()[i] = (float)((i * 2654435761u >> 8 & 0xffff) / 32768.0 - 1.0);
    }
  }
};

void require(int32_t status) {
  if (status != LGV_OK) {
    fprintf(stderr, "%s\n", lgv_status_text(status));
    exit(1);
  }
}

void winograd(int64_t n, int64_t side, int64_t c, int64_t k, int64_t tile, const char* filter) {
  char name[128];
  snprintf(name, sizeof name, "F(%ldx%ld) %3ldx%3ldx%3ldx%4ld -> %4ld", (long)tile, (long)tile, (long)n, (long)side,
           (long)side, (long)c, (long)k);
  if (strstr(name, filter) == nullptr) {
    return;
  }
  lgv_winograd_weights_args weights{nullptr, nullptr, k, c, tile, 0};
  const Block plain(k * c * 36), packed(lgv_winograd_weights_bytes(&weights));
  plain.fill();
  weights.src = plain.floats();
  weights.dst = packed.floats();
  const double pack = measure([&] { require(lgv_winograd_weights(&weights)); });

  const Block src(n * side * side * c * 4), dst(n * side * side * k * 4), bias(k * 4);
  src.fill();
  bias.fill();
  lgv_winograd_args args{};
  args.src = src.floats();
  args.weights = packed.floats();
  args.bias = bias.floats();
  args.dst = dst.floats();
  args.n = n;
  args.height = args.width = side;
  args.input_channels = c;
  args.output_channels = k;
  args.tile = tile;
  args.pad_top = args.pad_left = args.pad_bottom = args.pad_right = 1;
  args.scale = 1;
  const Block scratch(lgv_winograd_scratch_bytes(&args));
  args.scratch = scratch.memory;
  args.scratch_bytes = scratch.bytes;
  const double seconds = measure([&] { require(lgv_winograd(&args)); });
  printf("         %s %8.1f GFLOP/s %10.1f us, weights %8.1f us, scratch %6.1f MB\n", name,
         18e-9 * (double)(n * side * side * c * k) / seconds, seconds * 1e6, pack * 1e6, 1e-6 * (double)scratch.bytes);
}

void gradient(int64_t n, int64_t side, int64_t c, int64_t k, int64_t tile, const char* filter) {
  char name[128];
  snprintf(name, sizeof name, "gradient F(%ldx%ld) %3ldx%3ldx%3ldx%4ld -> %4ld", (long)tile, (long)tile, (long)n, (long)side,
           (long)side, (long)c, (long)k);
  if (strstr(name, filter) == nullptr) {
    return;
  }
  const Block src(n * side * side * c * 4), dy(n * side * side * k * 4), dst(k * c * 36);
  src.fill();
  dy.fill();
  lgv_winograd_gradient_args args{};
  args.src = src.floats();
  args.dy = dy.floats();
  args.dst = dst.floats();
  args.n = n;
  args.height = args.width = side;
  args.input_channels = c;
  args.output_channels = k;
  args.tile = tile;
  args.pad_top = args.pad_left = args.pad_bottom = args.pad_right = 1;
  const Block scratch(lgv_winograd_gradient_scratch_bytes(&args));
  args.scratch = scratch.memory;
  args.scratch_bytes = scratch.bytes;
  const double seconds = measure([&] { require(lgv_winograd_gradient(&args)); });
  printf("%s %8.1f GFLOP/s %10.1f us, scratch %6.1f MB\n", name, 18e-9 * (double)(n * side * side * c * k) / seconds,
         seconds * 1e6, 1e-6 * (double)scratch.bytes);
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
  printf("isa %s, %d threads; direct convolution's operations a second\n", lgv_isa_name(), lgv_num_threads());
  for (const Problem& p : PROBLEMS) {
    for (int64_t tile : {4, 2}) {
      winograd(p.n, p.side, p.c, p.k, tile, argc > 1 ? argv[1] : "");
      gradient(p.n, p.side, p.c, p.k, tile, argc > 1 ? argv[1] : "");
    }
  }
  return 0;
}
