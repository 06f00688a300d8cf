// Times the kernels of training on shapes of a small U-Net on 28 x 28 and of Stable Diffusion 1.5; see bench_kernels.cpp.
#include "bench.h"

namespace {

void sum_rows(int64_t outer, int64_t rows, int64_t cols) {
  lgv_sum_rows_args args{floats(outer * rows * cols), floats(outer * cols), nullptr, 0, outer, rows, cols};
  args.scratch_bytes = lgv_sum_rows_scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
  const double seconds = measure([&] { require(lgv_sum_rows(&args)); });
  printf("sum rows (%2ld,%7ld,%4ld)            %8.1f GB/s %10.1f us\n", (long)outer, (long)rows, (long)cols,
         4e-9 * (double)(outer * rows * cols) / seconds, seconds * 1e6);
  free(const_cast<float*>(args.src));
  free(args.dst);
  free(args.scratch);
}

void sum_squares(int64_t count) {
  double result;
  lgv_sum_squares_args args{floats(count), &result, nullptr, 0, count};
  args.scratch_bytes = lgv_sum_squares_scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
  const double seconds = measure([&] { require(lgv_sum_squares(&args)); });
  printf("sum squares %9ld                %8.1f GB/s %10.1f us\n", (long)count, 4e-9 * (double)count / seconds,
         seconds * 1e6);
  free(const_cast<float*>(args.src));
  free(args.scratch);
}

void adamw(int64_t count, bool average) {
  lgv_adamw_args args{};
  args.param = floats(count);
  args.grad = floats(count);
  args.moment1 = floats(count);
  args.moment2 = floats(count);
  for (int64_t i = 0; i < count; i++) {
    args.moment2[i] *= args.moment2[i];
  }
  args.average = average ? floats(count) : nullptr;
  args.count = count;
  args.learning_rate = 1e-4;
  args.beta1 = 0.9;
  args.beta2 = 0.999;
  args.epsilon = 1e-8;
  args.bias_correction1 = args.bias_correction2 = 0.5;
  args.grad_scale = 1;
  args.average_decay = 0.999;
  const double seconds = measure([&] { require(lgv_adamw(&args)); });
  printf("adamw %9ld %-10s           %8.1f GB/s %10.1f us\n", (long)count, average ? "averaged" : "",
         (average ? 36e-9 : 28e-9) * (double)count / seconds, seconds * 1e6);
  for (const float* p : {(const float*)args.param, args.grad, (const float*)args.moment1, (const float*)args.moment2,
                         (const float*)args.average}) {
    free(const_cast<float*>(p));
  }
}

// 10 operations for each pair and element: the scores, and the gradients of weights, queries, keys and values.
void attention_backward(int64_t n, int64_t heads, int64_t d, int64_t lq, int64_t lk) {
  lgv_attention_backward_args args{};
  const int64_t row = heads * d;
  args.q = floats(n * lq * row);
  args.k = floats(n * lk * row);
  args.v = floats(n * lk * row);
  args.y = floats(n * lq * row);
  args.dy = floats(n * lq * row);
  args.dq = floats(n * lq * row);
  args.dk = floats(n * lk * row);
  args.dv = floats(n * lk * row);
  args.n = n;
  args.heads = heads;
  args.head_size = d;
  args.query_length = lq;
  args.key_length = lk;
  args.q_row_stride = args.k_row_stride = args.v_row_stride = row;
  args.q_batch_stride = lq * row;
  args.k_batch_stride = args.v_batch_stride = lk * row;
  args.scale = 0.125;
  args.scratch_bytes = lgv_attention_backward_scratch_bytes(&args);
  args.scratch = bytes(args.scratch_bytes);
  const double seconds = measure([&] { require(lgv_attention_backward(&args)); });
  printf("attention backward (%ld, %ld x %ld, %ld, %ld) %8.1f GFLOP/s %10.1f us, %.1f MB of scratch\n", (long)n,
         (long)heads, (long)d, (long)lq, (long)lk, 10e-9 * (double)(n * lq * lk * row) / seconds, seconds * 1e6,
         1e-6 * (double)args.scratch_bytes);
  for (const float* p : {args.q, args.k, args.v, args.y, args.dy, (const float*)args.dq, (const float*)args.dk,
                         (const float*)args.dv}) {
    free(const_cast<float*>(p));
  }
  free(args.scratch);
}

}  // namespace

int main() {
  const double peak = find_peak();
  print_limits(peak);
  sum_rows(1, 50176, 1);
  sum_rows(1, 1000000, 3);
  sum_rows(1, 50176, 64);
  sum_rows(1, 50176, 128);
  sum_rows(1, 16384, 1280);
  sum_rows(1, 1000000, 71);
  sum_rows(1, 64, 512);
  sum_rows(64, 784, 64);
  sum_rows(64, 49, 256);
  sum_squares(4096);
  sum_squares(1 << 25);
  adamw(1 << 14, true);
  adamw(1 << 24, false);
  adamw(1 << 24, true);
  attention_backward(1, 8, 40, 4096, 4096);
  attention_backward(1, 8, 40, 4096, 77);
  attention_backward(1, 8, 40, 1024, 1024);
  attention_backward(1, 8, 80, 1024, 1024);
  attention_backward(1, 8, 160, 256, 256);
  attention_backward(64, 4, 32, 49, 49);
  return 0;
}
