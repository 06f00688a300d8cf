#include "device_check.h"

using namespace test;

namespace {

double silu_of(double y) { return y / (1 + std::exp(-y)); }

struct Group {
  int64_t n, spatial, channels, second, groups, chunks;
  bool add, affine, modulate, silu;
  int64_t type, row_type, dst_type;
  double mean = 0;
};

void check_group_norm(const Group& p) {
  const int64_t c = p.channels, first = c - p.second, rows = p.n * p.spatial;
  const Numbers src = normal_numbers(rows * first, p.type, 1, p.mean), src1 = normal_numbers(rows * p.second, p.type, 2, p.mean);
  const Numbers add = normal_numbers((p.n - 1) * (c + 3) + c, p.row_type, 3), modulation = normal_numbers(p.n * 2 * c, p.row_type, 4, 0, 0.5);
  const Numbers gamma = normal_numbers(c, LGC_F32, 5, 1, 0.3), beta = normal_numbers(c, LGC_F32, 6);
  Numbers sums(p.n * p.chunks * p.groups * 2, LGC_F32), dst(rows * c, p.dst_type);
  lgc_group_norm_args args = {};
  args.src = src;
  args.src1 = p.second > 0 ? src1.data() : nullptr;
  args.add = p.add ? add.data() : nullptr;
  args.gamma = p.affine ? gamma.floats() : nullptr;
  args.beta = p.affine ? beta.floats() : nullptr;
  args.scale = p.modulate ? modulation.data() : nullptr;
  args.shift = p.modulate ? static_cast<char*>(modulation.data()) + modulation.bytes() / (2 * p.n) : nullptr;
  args.dst = dst;
  args.sums = sums.floats();
  args.n = p.n;
  args.spatial = p.spatial;
  args.channels = c;
  args.src_channels = first;
  args.groups = p.groups;
  args.chunks = p.chunks;
  args.add_stride = c + 3;
  args.scale_stride = args.shift_stride = 2 * c;
  args.silu = p.silu;
  args.src_type = p.type;
  args.row_type = p.row_type;
  args.dst_type = p.dst_type;
  args.eps = 1e-5;
  const int64_t units = p.n * p.chunks * pieces(p.groups, LGC_GROUP_NORM_SLAB(c, p.groups));
  run("lgc_group_norm_sums", LGC_GROUP_NORM_THREADS, units, args, {&sums});
  run("lgc_group_norm", LGC_GROUP_NORM_THREADS, units, args, {&dst});

  const int64_t width = c / p.groups;
  auto x = [&](int64_t n, int64_t pixel, int64_t channel) {
    const int64_t row = n * p.spatial + pixel;
    const double value = channel < first ? src[row * first + channel] : src1[row * p.second + channel - first];
    return p.add ? (double)((float)value + (float)add[n * (c + 3) + channel]) : value;
  };
  std::vector<double> means((size_t)(p.n * p.groups)), factors((size_t)(p.n * p.groups));
  for (int64_t n = 0; n < p.n; n++) {
    for (int64_t g = 0; g < p.groups; g++) {
      double mean = 0, variance = 0;
      for (int64_t i = 0; i < p.spatial * width; i++) {
        mean += x(n, i / width, g * width + i % width) / (double)(p.spatial * width);
      }
      for (int64_t i = 0; i < p.spatial * width; i++) {
        variance += std::pow(x(n, i / width, g * width + i % width) - mean, 2) / (double)(p.spatial * width);
      }
      means[(size_t)(n * p.groups + g)] = mean;
      factors[(size_t)(n * p.groups + g)] = 1 / std::sqrt(variance + 1e-5);
    }
  }
  double error = 0;
  auto expected = [&](int64_t i) {
    const int64_t n = i / c / p.spatial, channel = i % c;
    const size_t group = (size_t)(n * p.groups + channel / width);
    const double deviation = x(n, i / c % p.spatial, channel) - means[group];
    double factor = factors[group] * (p.affine ? gamma[channel] : 1), offset = p.affine ? beta[channel] : 0;
    if (p.modulate) {
      const double scale = 1 + modulation[2 * n * c + channel];
      factor *= scale;
      offset = offset * scale + modulation[(2 * n + 1) * c + channel];
    }
    const double y = deviation * factor + offset;
    // The mean is stored in f32, in each chunk; deviations, factors and their product are rounded a few times, and the sum of
    // squares of a thread has up to spatial / chunks terms.
    const double terms = 8 + std::sqrt((double)p.spatial * (double)width / (double)p.chunks);
    error = EPSILON * (2 * std::fabs(means[group]) * std::fabs(factor) + terms * (std::fabs(deviation * factor) + 0.1) +
                       4 * std::fabs(offset));
    return p.silu ? silu_of(y) : y;
  };
  CHECK_NUMBERS(text("(%ld, %ld, %ld+%ld) groups %ld chunks %ld add %d affine %d modulate %d silu %d %s", (long)p.n,
                     (long)p.spatial, (long)first, (long)p.second, (long)p.groups, (long)p.chunks, p.add, p.affine,
                     p.modulate, p.silu, type_name(p.type)),
                dst, expected, [&](int64_t i) { return expected(i) != expected(i) ? 0 : 1.1 * error; });
}

TEST("norms", "group norm equals the definition in double, with every option") {
  const Group problems[] = {
      {1, 1, 1, 0, 1, 1, false, false, false, false, LGC_F32, LGC_F32, LGC_F32},
      {2, 7, 5, 0, 5, 3, false, true, false, true, LGC_F32, LGC_F32, LGC_F32},
      {1, 64, 32, 0, 32, 4, true, true, false, true, LGC_F16, LGC_F16, LGC_F16},
      {3, 9, 40, 0, 4, 9, true, true, true, true, LGC_BF16, LGC_F32, LGC_BF16},
      {2, 50, 36, 12, 3, 7, false, true, true, false, LGC_F32, LGC_F32, LGC_F16},
      {1, 130, 320, 0, 32, 5, true, true, false, true, LGC_F16, LGC_F32, LGC_F16},
      {1, 33, 48, 16, 16, 4, false, true, false, true, LGC_BF16, LGC_BF16, LGC_F32},
      {1, 100, 37, 0, 37, 1, true, true, true, true, LGC_F32, LGC_F16, LGC_F32},
      {1, 3, 600, 0, 2, 2, false, true, false, false, LGC_F32, LGC_F32, LGC_F32},    // a group wider than a block
      {2, 20, 256, 0, 1, 6, true, true, false, true, LGC_F32, LGC_F32, LGC_F32},     // just as wide
      {1, 40, 512, 0, 2, 8, false, false, false, false, LGC_F32, LGC_F32, LGC_F32},
      {1, 10, 24, 8, 3, 4, true, false, false, false, LGC_F32, LGC_F32, LGC_F32},    // a group of both sources; an empty chunk
      {1, 5, 20, 0, 2, 4, false, true, false, true, LGC_F32, LGC_F32, LGC_F32},
  };
  for (const Group& problem : problems) {
    check_group_norm(problem);
  }
}

// Sums of squares in f32 without a shift would lose the deviation altogether.
TEST("norms", "group norm keeps its accuracy where the mean is 1000 deviations") {
  check_group_norm({1, 4096, 16, 0, 1, 8, false, true, false, false, LGC_F32, LGC_F32, LGC_F32, 1000});
}

TEST("norms", "group norm may write over its source") {
  Numbers x = normal_numbers(2 * 20 * 12, LGC_F16, 1), apart(x.count(), LGC_F16);
  Numbers sums(2 * 4 * 3 * 2, LGC_F32);
  lgc_group_norm_args args = {};
  args.src = x;
  args.dst = apart;
  args.sums = sums.floats();
  args.n = 2;
  args.spatial = 20;
  args.channels = args.src_channels = 12;
  args.groups = 3;
  args.chunks = 4;
  args.silu = 1;
  args.src_type = args.dst_type = LGC_F16;
  args.eps = 1e-5;
  run("lgc_group_norm_sums", LGC_GROUP_NORM_THREADS, 8, args, {&sums});
  run("lgc_group_norm", LGC_GROUP_NORM_THREADS, 8, args, {&apart});
  args.dst = x;
  run("lgc_group_norm", LGC_GROUP_NORM_THREADS, 8, args, {&x});
  for (int64_t i = 0; i < x.count(); i++) {
    CHECK(x[i] == apart[i]);
  }
}

struct Row {
  int64_t rows, channels, spatial;
  bool rms, add, affine, modulate, silu;
  int64_t type, dst_type;
  double mean = 0;
};

void check_row_norm(const Row& p) {
  const int64_t c = p.channels, samples = pieces(p.rows, p.spatial);
  const Numbers src = normal_numbers(p.rows * c, p.type, 1, p.mean), add = normal_numbers(p.rows * c, p.type, 2);
  const Numbers gamma = normal_numbers(c, LGC_F32, 3, 1, 0.3), beta = normal_numbers(c, LGC_F32, 4);
  const Numbers modulation = normal_numbers(samples * 2 * c, p.type, 5, 0, 0.5);
  Numbers dst(p.rows * c, p.dst_type), total(p.rows * c, p.type);
  lgc_row_norm_args args = {};
  args.src = src;
  args.add = p.add ? add.data() : nullptr;
  args.gamma = p.affine ? gamma.floats() : nullptr;
  args.beta = p.affine ? beta.floats() : nullptr;
  args.scale = p.modulate ? modulation.data() : nullptr;
  args.shift = p.modulate ? static_cast<char*>(modulation.data()) + modulation.bytes() / (2 * samples) : nullptr;
  args.sum = p.add ? total.data() : nullptr;
  args.dst = dst;
  args.rows = p.rows;
  args.channels = c;
  args.spatial = p.spatial;
  args.scale_stride = args.shift_stride = 2 * c;
  args.rms = p.rms;
  args.silu = p.silu;
  args.src_type = args.row_type = p.type;
  args.dst_type = p.dst_type;
  args.eps = 1e-6;
  run("lgc_row_norm", LGC_ROW_NORM_THREADS, pieces(p.rows, LGC_ROW_NORM_ROWS), args, {&dst, &total});
  auto x = [&](int64_t i) { return p.add ? (double)((float)src[i] + (float)add[i]) : src[i]; };
  if (p.add) {
    CHECK_NUMBERS("sum", total, x, [](int64_t) { return 0; });
  }
  double error = 0;
  std::vector<double> means, factors;
  for (int64_t row = 0; row < p.rows; row++) {
    double mean = 0, variance = 0;
    for (int64_t i = 0; i < c; i++) {
      mean += p.rms ? 0 : x(row * c + i) / (double)c;
    }
    for (int64_t i = 0; i < c; i++) {
      variance += std::pow(x(row * c + i) - mean, 2) / (double)c;
    }
    means.push_back(mean);
    factors.push_back(1 / std::sqrt(variance + 1e-6));
  }
  auto expected = [&](int64_t i) {
    const int64_t row = i / c, n = row / p.spatial;
    const double mean = means[(size_t)row], factor = factors[(size_t)row];
    const double scaled = (x(i) - mean) * factor * (p.affine ? gamma[i % c] : 1);
    double y = scaled + (p.affine ? beta[i % c] : 0);
    double size = std::fabs(scaled) + std::fabs(y) + std::fabs(mean) * factor / 4 + 0.1;
    if (p.modulate) {
      const double scale = 1 + modulation[2 * n * c + i % c], shift = modulation[(2 * n + 1) * c + i % c];
      y = y * scale + shift;
      size = (size + 1) * std::fabs(scale) + std::fabs(shift);
    }
    error = (8 + std::sqrt((double)c / 32)) * EPSILON * size;
    return p.silu ? silu_of(y) : y;
  };
  CHECK_NUMBERS(text("(%ld, %ld) rms %d add %d affine %d modulate %d silu %d %s", (long)p.rows, (long)c, p.rms, p.add,
                     p.affine, p.modulate, p.silu, type_name(p.type)),
                dst, expected, [&](int64_t i) { return expected(i) != expected(i) ? 0 : 1.1 * error; });
}

TEST("norms", "layer and RMS norm equal the definition in double, with every option") {
  const Row problems[] = {
      {1, 1, 1, false, false, false, false, false, LGC_F32, LGC_F32},
      {5, 3, 5, false, false, true, false, false, LGC_F32, LGC_F32},
      {77, 768, 77, false, false, true, false, false, LGC_F16, LGC_F16},
      {9, 33, 3, false, true, true, true, true, LGC_BF16, LGC_BF16},
      {13, 320, 13, true, false, true, false, false, LGC_F32, LGC_F16},
      {6, 100, 2, true, true, true, true, false, LGC_F16, LGC_F32},
      {3, 1281, 1, false, false, false, true, true, LGC_F32, LGC_F32},
      {4, 2048, 4, false, false, true, false, false, LGC_F32, LGC_F32, 1000},
  };
  for (const Row& problem : problems) {
    check_row_norm(problem);
  }
}

}  // namespace
