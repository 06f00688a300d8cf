// Times attention in 8-bit integers beside that in f32, in turns, on the self-attention of a Stable Diffusion 1.5 step and its
// cross-attention. Built on demand:
//   cmake --build build --target bench_int8_attention && build/native/test/bench_int8_attention
#include <math.h>

#include "bench.h"

namespace {

void attention(int64_t n, int64_t heads, int64_t d, int64_t lq, int64_t lk) {
  lgv_attention_args args{};
  const int64_t row = heads * d;
  args.n = n;
  args.heads = heads;
  args.head_size = d;
  args.query_length = lq;
  args.key_length = lk;
  args.q_row_stride = args.k_row_stride = args.v_row_stride = 3 * row;  // slices of one matrix
  args.dst_row_stride = row;
  args.q_batch_stride = 3 * row * lq;
  args.k_batch_stride = args.v_batch_stride = 3 * row * lk;
  args.dst_batch_stride = row * lq;
  args.scale = 1 / sqrt((double)d);
  float* qkv = floats(3 * row * n * std::max(lq, lk));
  args.q = qkv;
  args.k = qkv + row;
  args.v = qkv + 2 * row;
  args.dst = floats(row * n * lq);
  args.scratch_bytes = std::max(lgv_attention_scratch_bytes(&args), lgv_int8_attention_scratch_bytes(&args));
  args.scratch = bytes(args.scratch_bytes);
  std::vector<double> seconds[2], ratios;
  for (int i = 0; i < 3; i++) {
    const double f32 = measure([&] { require(lgv_attention(&args)); });
    const double int8 = measure([&] { require(lgv_int8_attention(&args)); });
    seconds[0].push_back(f32);
    seconds[1].push_back(int8);
    ratios.push_back(int8 / f32);
  }
  for (std::vector<double>* each : {&seconds[0], &seconds[1], &ratios}) {
    std::sort(each->begin(), each->end());
  }
  const double int8 = seconds[1][1];
  printf("(%ld,%2ld,%3ld) %4ld x %4ld  f32 %9.3f ms  int8 %9.3f ms %8.1f GOP/s  ratio %.2f %.2f %.2f\n", (long)n, (long)heads, (long)d,
         (long)lq, (long)lk, seconds[0][1] * 1e3, int8 * 1e3, 4e-9 * (double)(n * heads * lq * lk * d) / int8, ratios[0], ratios[1],
         ratios[2]);
  fflush(stdout);
  free(qkv);
  free(args.dst);
  free(args.scratch);
}

}  // namespace

int main() {
  print_limits(find_peak());
  attention(2, 8, 40, 4096, 4096);
  attention(2, 8, 80, 1024, 1024);
  attention(2, 8, 160, 256, 256);
  attention(2, 8, 160, 64, 64);
  attention(2, 8, 40, 4096, 77);
  attention(2, 8, 80, 1024, 77);
  attention(2, 8, 160, 256, 77);
  return 0;
}
