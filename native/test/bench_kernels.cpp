// Times the kernels on shapes of Stable Diffusion 1.5 and of its autoencoder, beside the machine's own limits measured in the
// same run. Built on demand: cmake --build build --target bench_kernels && build/native/test/bench_kernels
#include "bench.h"

namespace {

void group_norm(int64_t n, int64_t side, int64_t c, bool silu) {
  lgv_group_norm_args args{};
  args.n = n;
  args.spatial = side * side;
  args.channels = c;
  args.groups = 32;
  args.silu = silu;
  args.eps = 1e-5;
  args.src = floats(n * args.spatial * c);
  args.gamma = floats(c);
  args.beta = floats(c);
  args.dst = floats(n * args.spatial * c);
  args.scratch_bytes = lgv_group_norm_scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
  const double seconds = measure([&] { require(lgv_group_norm(&args)); });
  printf("group norm %s (%ld,%3ld,%3ld,%4ld) %8.1f GB/s %10.1f us\n", silu ? "silu" : "    ", (long)n, (long)side,
         (long)side, (long)c, 1e-9 * (double)(n * args.spatial * c * 12) / seconds, seconds * 1e6);
  for (const void* p : {(const void*)args.src, (const void*)args.gamma,
                        (const void*)args.beta, (const void*)args.dst, (const void*)args.scratch}) {
    free(const_cast<void*>(p));
  }
}

void layer_norm(int64_t rows, int64_t c) {
  lgv_layer_norm_args args{floats(rows * c), floats(c), floats(c), floats(rows * c), rows, c, 1e-5};
  const double seconds = measure([&] { require(lgv_layer_norm(&args)); });
  printf("layer norm      (%6ld,%5ld)          %8.1f GB/s %10.1f us\n", (long)rows, (long)c,
         1e-9 * (double)(rows * c * 8) / seconds, seconds * 1e6);
  for (const float* p : {args.src, args.gamma, args.beta, const_cast<const float*>(args.dst)}) {
    free(const_cast<float*>(p));
  }
}

void transition(int64_t n, int64_t elements) {
  lgv_transition_args args{};
  const lgv_term terms[] = {{LGV_REGISTER_X, 0.9}, {LGV_REGISTER_PREDICTION, 0.1}, {LGV_REGISTER_NOISE, 0.2}};
  const lgv_update update{LGV_REGISTER_X, 0, 3};
  args.registers[LGV_REGISTER_X] = floats(n * elements);
  args.registers[LGV_REGISTER_NOISE] = floats(n * elements);
  args.output = floats(n * elements);
  args.output_conditional = floats(n * elements);
  args.next_input[0] = floats(n * elements);
  args.next_input[1] = floats(n * elements);
  args.terms = terms;
  args.term_count = 3;
  args.updates = &update;
  args.update_count = 1;
  args.n = n;
  args.elements = args.output_stride = elements;
  args.prediction = LGV_PREDICTION_CLIP;
  args.clip_range = 1;
  args.sample_coefficient = 1.1;
  args.model_coefficient = -0.4;
  args.guidance = 7.5;
  args.next_input_scale = 1;
  const double seconds = measure([&] { require(lgv_transition(&args)); });
  printf("transition, guided and clipped (%ld,%7ld) %5.1f GB/s %8.1f us\n", (long)n, (long)elements,
         1e-9 * (double)(n * elements * 28) / seconds, seconds * 1e6);
}

void attention(int64_t n, int64_t heads, int64_t d, int64_t lq, int64_t lk, double peak) {
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
  args.scale = 0.1;
  float* qkv = floats(3 * row * n * std::max(lq, lk));
  args.q = qkv;
  args.k = qkv + row;
  args.v = qkv + 2 * row;
  args.dst = floats(row * n * lq);
  args.scratch_bytes = lgv_attention_scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
  const double seconds = measure([&] { require(lgv_attention(&args)); });
  const double rate = 4e-9 * (double)(n * heads * lq * lk * d) / seconds;
  printf("attention (%ld,%2ld,%3ld) %4ld x %4ld       %8.1f GFLOP/s %9.1f us", (long)n, (long)heads, (long)d, (long)lq,
         (long)lk, rate, seconds * 1e6);
  printf(peak > 0 ? " %5.1f%% of the peak\n" : "\n", 100 * rate / peak);
  free(qkv);
  free(args.dst);
  free(args.scratch);
}

}  // namespace

int main() {
  const double peak = find_peak();
  print_limits(peak);
  group_norm(2, 64, 320, true);
  group_norm(2, 64, 320, false);
  group_norm(2, 64, 640, true);
  group_norm(2, 8, 2560, true);
  group_norm(1, 512, 128, true);
  group_norm(1, 8, 32, true);
  layer_norm(8192, 320);
  layer_norm(2048, 640);
  transition(1, 16384);
  transition(1, 196608);
  for (int64_t d : {8, 16, 32, 40, 64, 80, 128, 160}) {
    attention(1, 2, d, 4096, 4096, peak);
  }
  attention(1, 1, 512, 4096, 4096, peak);
  attention(2, 8, 40, 4096, 77, peak);
  attention(2, 8, 160, 64, 64, peak);
  attention(1, 1, 64, 1, 4096, peak);
  attention(1, 4, 8, 64, 64, peak);
  return 0;
}
