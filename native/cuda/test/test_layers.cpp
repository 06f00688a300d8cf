#include "device_check.h"

using namespace test;

namespace {

struct Conv {
  int64_t n, h, w, c, k, kh, kw, stride, top, left, bottom, right;
  int64_t type, weight_type, dst_type;
  bool bias, packed;  // packed: (K, KH, KW, C), as cuDNN reads them
};

void check_convolution(const Conv& p) {
  const int64_t oh = (p.h + p.top + p.bottom - p.kh) / p.stride + 1, ow = (p.w + p.left + p.right - p.kw) / p.stride + 1;
  const int64_t row = p.c + 2;  // a slice of wider rows
  const bool scaled = p.type == LGC_S8 || p.weight_type == LGC_S8 || p.weight_type == LGC_E4M3;
  const Numbers src = normal_numbers((p.n * p.h * p.w - 1) * row + p.c, p.type, 1, 0, p.type == LGC_S8 ? 40 : 1);
  const Numbers weights = normal_numbers(p.k * p.c * p.kh * p.kw, p.weight_type, 2, 0, p.weight_type == LGC_S8 ? 40 : 1);
  const Numbers bias = normal_numbers(p.k, LGC_F32, 3), src_scale = normal_numbers(p.n, LGC_F32, 4, 0.1, 0.01);
  const Numbers weight_scale = normal_numbers(p.k, LGC_F32, 5, 0.1, 0.01);
  const Numbers residual = normal_numbers(p.n * oh * ow * p.k, p.dst_type, 6), time = normal_numbers(p.n * p.k, LGC_F32, 7);
  Numbers dst(p.n * oh * ow * p.k, p.dst_type);
  lgc_convolution_args args = {};
  args.src = src;
  args.weights = weights;
  args.bias = p.bias ? bias.floats() : nullptr;
  args.src_scale = scaled ? src_scale.floats() : nullptr;
  args.weight_scale = scaled ? weight_scale.floats() : nullptr;
  args.dst = dst;
  args.n = p.n;
  args.height = p.h;
  args.width = p.w;
  args.input_channels = p.c;
  args.output_channels = p.k;
  args.dst_height = oh;
  args.dst_width = ow;
  args.kernel_height = p.kh;
  args.kernel_width = p.kw;
  args.stride = p.stride;
  args.pad_top = p.top;
  args.pad_left = p.left;
  args.src_row_stride = row;
  const int64_t area = p.kh * p.kw;
  const int64_t plain[] = {p.c * area, area, p.kw, 1}, packed[] = {p.c * area, 1, p.kw * p.c, p.c};
  for (int i = 0; i < 4; i++) {
    args.weight_stride[i] = p.packed ? packed[i] : plain[i];
  }
  args.src_scale_stride = 1;
  args.src_type = p.type;
  args.weight_type = p.weight_type;
  args.dst_type = p.dst_type;
  args.operand[0] = time;
  args.operand_type[0] = LGC_F32;
  args.post[0] = args.post[1] = LGC_POST_ADD;
  args.sample_stride[0] = p.k;
  args.operand[1] = residual;
  args.operand_type[1] = p.dst_type;
  args.sample_stride[1] = oh * ow * p.k;
  args.pixel_stride[1] = p.k;
  args.post[2] = LGC_POST_SWISH;
  args.value[2] = 1;
  const int64_t units = pieces(p.n * oh * ow, LGC_CONVOLUTION_TILE) * pieces(p.k, LGC_CONVOLUTION_TILE);
  run("lgc_convolution", LGC_CONVOLUTION_THREADS, units, args, {&dst});
  double error = 0;
  auto expected = [&](int64_t i) {
    const int64_t k = i % p.k, x = i / p.k % ow, y = i / p.k / ow % oh, n = i / p.k / ow / oh;
    double sum = 0, size = 0;
    for (int64_t j = 0; j < area * p.c; j++) {
      const int64_t c = j % p.c, kw = j / p.c % p.kw, kh = j / p.c / p.kw;
      const int64_t h = y * p.stride + kh - p.top, w = x * p.stride + kw - p.left;
      if (h >= 0 && h < p.h && w >= 0 && w < p.w) {
        const double product = src[((n * p.h + h) * p.w + w) * row + c] *
                               weights[k * args.weight_stride[0] + c * args.weight_stride[1] + kh * args.weight_stride[2] +
                                       kw * args.weight_stride[3]];
        sum += product;
        size += std::fabs(product);
      }
    }
    const double scale = scaled ? src_scale[n] * weight_scale[k] : 1;
    const double z = sum * scale + (p.bias ? bias[k] : 0) + time[n * p.k + k] + residual[i];
    // A sum of terms in turn: half a unit for each, at worst.
    error = EPSILON * ((double)(area * p.c + 2) * size * scale + 4 * (std::fabs(z) + 6));
    return z / (1 + std::exp(-z));
  };
  CHECK_NUMBERS(text("(%ld, %ld, %ld, %ld) by %ld of %ldx%ld stride %ld %s %s", (long)p.n, (long)p.h, (long)p.w, (long)p.c,
                     (long)p.k, (long)p.kh, (long)p.kw, (long)p.stride, type_name(p.type), type_name(p.weight_type)),
                dst, expected, [&](int64_t i) { return expected(i) != expected(i) ? 0 : 1.1 * error; });
}

TEST("layers", "convolution equals the definition in double, with bias, row, residual and activation") {
  const Conv problems[] = {
      {1, 1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, LGC_F32, LGC_F32, LGC_F32, true, false},
      {2, 5, 7, 3, 5, 3, 3, 1, 1, 1, 1, 1, LGC_F32, LGC_F32, LGC_F32, true, false},
      {1, 9, 8, 17, 66, 3, 3, 2, 0, 0, 1, 1, LGC_F16, LGC_F16, LGC_F16, true, true},  // as autoencoders pad
      {1, 6, 5, 32, 9, 1, 1, 1, 0, 0, 0, 0, LGC_BF16, LGC_BF16, LGC_BF16, false, true},
      {2, 4, 11, 5, 70, 2, 4, 3, 2, 3, 1, 0, LGC_F16, LGC_F32, LGC_F32, true, false},
      {130, 1, 1, 33, 65, 1, 1, 1, 0, 0, 0, 0, LGC_F32, LGC_F32, LGC_F32, true, true},  // a linear layer
      {3, 4, 4, 20, 6, 3, 3, 1, 1, 1, 1, 1, LGC_S8, LGC_S8, LGC_F16, true, true},
      {70, 1, 1, 48, 10, 1, 1, 1, 0, 0, 0, 0, LGC_E4M3, LGC_E4M3, LGC_BF16, true, true},
  };
  for (const Conv& problem : problems) {
    check_convolution(problem);
  }
}

struct Attention {
  int64_t n, heads, d, lq, lk;
  bool packed, causal;
  int bias;  // 0 none, 1 a number a key, 2 a full one with masked pairs
};

void check_attention(const Attention& p, int64_t type, bool flash) {
  const int64_t c = p.heads * p.d;
  const int64_t q_row = p.packed ? 3 * c : c, kv_row = p.packed ? 3 * c : 2 * c;
  const Numbers q = normal_numbers(p.n * p.lq * q_row, type, 1), kv = normal_numbers(p.n * p.lk * 2 * c, type, 2);
  const Numbers& keys = p.packed ? q : kv;
  const int64_t k_at = p.packed ? c : 0, v_at = k_at + c;
  Numbers bias(p.bias == 2 ? p.n * p.heads * p.lq * p.lk : p.n * p.lk, LGC_F32), dst(p.n * p.lq * c, type);
  for (int64_t i = 0; i < bias.count(); i++) {
    bias.set(i, i % 5 == 3 || (p.bias == 2 && i < p.lk) ? -INFINITY : std::sin((double)i));  // the first query: all masked
  }
  lgc_attention_args args = {};
  args.q = q;
  args.k = static_cast<char*>(keys.data()) + k_at * keys.bytes() / keys.count();
  args.v = static_cast<char*>(keys.data()) + v_at * keys.bytes() / keys.count();
  args.bias = p.bias == 0 ? nullptr : bias.floats();
  args.dst = dst;
  args.n = p.n;
  args.heads = p.heads;
  args.head_size = p.d;
  args.query_length = p.lq;
  args.key_length = p.lk;
  args.q_row_stride = q_row;
  args.q_batch_stride = p.lq * q_row;
  args.k_row_stride = args.v_row_stride = kv_row;
  args.k_batch_stride = args.v_batch_stride = p.lk * kv_row;
  args.dst_row_stride = c;
  args.dst_batch_stride = p.lq * c;
  args.bias_batch_stride = p.bias == 2 ? p.heads * p.lq * p.lk : p.lk;
  args.bias_head_stride = p.bias == 2 ? p.lq * p.lk : 0;
  args.bias_query_stride = p.bias == 2 ? p.lk : 0;
  args.bias_key_stride = 1;
  args.causal = p.causal;
  args.type = type;
  args.scale = 1 / std::sqrt((double)p.d);
  if (flash) {
    const int64_t units = p.n * p.heads * pieces(p.lq, LGC_FLASH_QUERIES) * pieces(p.d, LGC_FLASH_COLUMNS);
    run(type == LGC_F16 ? "lgc_flash_attention_f16" : "lgc_flash_attention_bf16", LGC_FLASH_THREADS, units, args, {&dst});
  } else {
    run("lgc_attention", LGC_ATTENTION_THREADS, p.n * p.heads * pieces(p.lq, LGC_ATTENTION_QUERIES), args, {&dst});
  }
  std::vector<double> expected((size_t)dst.count()), bound((size_t)dst.count());
  std::vector<double> weight((size_t)p.lk);
  for (int64_t row = 0; row < p.n * p.heads * p.lq; row++) {
    const int64_t i = row % p.lq, h = row / p.lq % p.heads, n = row / p.lq / p.heads;
    double most = -INFINITY, total = 0, widest = 0;
    for (int64_t j = 0; j < p.lk; j++) {
      double s = 0, size = 0;
      for (int64_t e = 0; e < p.d; e++) {
        const double product = q[(n * p.lq + i) * q_row + h * p.d + e] * keys[(n * p.lk + j) * kv_row + k_at + h * p.d + e];
        s += product * args.scale;
        size += std::fabs(product) * args.scale;
      }
      s += p.bias == 0 ? 0
                       : bias[n * args.bias_batch_stride + h * args.bias_head_stride + i * args.bias_query_stride + j];
      weight[(size_t)j] = p.causal && j > i ? -INFINITY : s;
      most = std::fmax(most, weight[(size_t)j]);
      widest = std::fmax(widest, size);
    }
    for (double& w : weight) {
      w = most == -INFINITY ? 0 : std::exp(w - most);
      total += w;
    }
    for (int64_t e = 0; e < p.d; e++) {
      double y = 0, size = 0;
      for (int64_t j = 0; j < p.lk; j++) {
        const double v = keys[(n * p.lk + j) * kv_row + v_at + h * p.d + e];
        y += weight[(size_t)j] * v;
        size += weight[(size_t)j] * std::fabs(v);
      }
      const size_t at = (size_t)((n * p.lq + i) * c + h * p.d + e);
      expected[at] = total == 0 ? 0 : y / total;
      // A score's error is that of its sum, and goes into its weight; the sums over keys; with tensor cores a weight's rounding.
      const double relative = EPSILON * ((double)(p.d + 8) * widest + (double)p.lk + 16) + (flash ? rounding(type, 1) : 0);
      bound[at] = total == 0 ? 0 : 2 * relative * size / total;
    }
  }
  CHECK_NUMBERS(text("%s (%ld, %ld heads of %ld, %ld by %ld) packed %d causal %d bias %d", flash ? "flash" : "simple",
                     (long)p.n, (long)p.heads, (long)p.d, (long)p.lq, (long)p.lk, p.packed, p.causal, p.bias),
                dst, [&](int64_t i) { return expected[(size_t)i]; }, [&](int64_t i) { return bound[(size_t)i]; });
}

const Attention ATTENTIONS[] = {
    {1, 1, 1, 1, 1, true, false, 0},   {2, 3, 8, 5, 5, true, true, 0},      {1, 2, 40, 70, 33, false, false, 0},
    {2, 1, 64, 9, 77, false, false, 1}, {1, 2, 7, 40, 40, true, true, 1},   {1, 1, 160, 17, 20, false, false, 2},
    {1, 1, 300, 6, 40, false, false, 0}, {1, 1, 512, 5, 5, true, true, 2}, {1, 1, 96, 3, 65, false, true, 2},
};

TEST("layers", "simple attention equals the definition in double") {
  for (const Attention& problem : ATTENTIONS) {
    for (const int64_t type : TYPES) {
      check_attention(problem, type, false);
    }
  }
}

TEST("layers", "attention on tensor cores equals the definition in double, with heads of any size") {
  for (const Attention& problem : ATTENTIONS) {
    check_attention(problem, LGC_F16, true);
    check_attention(problem, LGC_BF16, true);
  }
}

TEST("layers", "a value that is not a number stays within what attends to it") {
  const int64_t length = 40, d = 16;
  Numbers qkv = normal_numbers(length * 3 * d, LGC_F16, 1), dst(length * d, LGC_F16);
  for (int64_t e = 0; e < d; e++) {
    qkv.set(30 * 3 * d + 2 * d + e, NAN);  // of key 30
  }
  lgc_attention_args args = {};
  char* const first = static_cast<char*>(qkv.data());
  args.q = first;
  args.k = first + 2 * d;
  args.v = first + 4 * d;
  args.dst = dst;
  args.n = args.heads = 1;
  args.head_size = d;
  args.query_length = args.key_length = length;
  args.q_row_stride = args.k_row_stride = args.v_row_stride = 3 * d;
  args.dst_row_stride = d;
  args.causal = 1;
  args.type = LGC_F16;
  args.scale = 0.25;
  run("lgc_attention", LGC_ATTENTION_THREADS, length / LGC_ATTENTION_QUERIES, args, {&dst});
  for (int64_t i = 0; i < dst.count(); i++) {
    CHECK(std::isnan(dst[i]) == (i / d >= 30));
  }
}

}  // namespace
