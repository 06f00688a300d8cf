// Winograd convolution of blocks of tiles, see winograd.h. Channels are along the vectors throughout.
#include "exponential.h"
#include "kernels.h"
#include "parallel.h"
#include "winograd_gemm.h"
#include "winograd_source.h"
#include "winograd_weights.h"

namespace lgv {
namespace {

// A block of tiles and a range of results' channels, both of whole blocks and panels but at the ends.
struct Task {
  const lgv_winograd_args& args;
  const WinogradShape& shape;
  const WinogradShare& share;
  float* scratch;
  int64_t first_tile, tiles;
  int64_t first_k, last_k;
};

// The products of result channels first_k .. first_k + k_count, by source channels first_c .. first_c + c_count of all.
void multiply(const Task& task, int64_t first_c, int64_t c_count, int64_t first_k, int64_t k_count) {
  const WinogradShape& shape = task.shape;
  const int64_t source_stride = lgv::point_stride(task.tiles, c_count);
  const int64_t product_stride = lgv::point_stride(task.tiles, k_count);
  for (int64_t point = 0; point < shape.points; point++) {
    const float* source = task.scratch + task.share.source + point * source_stride;
    const float* weights = (const float*)task.args.weights + point * lgv::point_stride(shape.c, shape.k);
    float* products = task.scratch + task.share.products + point * product_stride;
    for (int64_t k = 0; k < k_count; k += PANEL) {
      const int64_t width = panel_width(first_k + k, shape.k);
      multiply_panel(task.tiles, width, source, weights + (first_k + k) * shape.c + first_c * width,
                     c_count / CHANNEL_BLOCK, first_c > 0, products + k * task.tiles);
    }
  }
}

// The same, of halves: the weights of a panel and of some source channels stay in the cache between their transform and the
// products.
template <int M, bool BF16>
void multiply_halves(const Task& task, int64_t first_c, int64_t c_count, int64_t first_k, int64_t k_count) {
  const WinogradShape& shape = task.shape;
  float* weights = task.scratch + task.share.weights;
  const int64_t source_stride = lgv::point_stride(task.tiles, c_count);
  const int64_t product_stride = lgv::point_stride(task.tiles, k_count);
  for (int64_t k = 0; k < k_count; k += PANEL) {
    const int64_t width = panel_width(first_k + k, shape.k);
    for (int64_t c = 0; c < c_count; c += HALF_CHANNELS) {
      const int64_t count = smaller(HALF_CHANNELS, c_count - c);
      transform_halves<M, BF16>(task.args, first_c + c, count, first_k + k, width, weights);
      for (int64_t point = 0; point < shape.points; point++) {
        multiply_panel(task.tiles, width, task.scratch + task.share.source + point * source_stride + c * task.tiles,
                       weights + point * lgv::point_stride(count, width), count / CHANNEL_BLOCK, first_c + c > 0,
                       task.scratch + task.share.products + point * product_stride + k * task.tiles);
      }
    }
  }
}

// What is done to the results of W channels of one tile.
struct Finish {
  const float* bias;      // of these channels, or null
  const float* residual;  // of the tile's first pixel and these channels, or null
  float* dst;             // likewise
  int64_t rows, columns;  // of the tile that lie in the picture
  int64_t lanes;          // channels that exist
  int64_t row_stride, pixel_stride;
  float scale;
  bool silu;
};

template <int M, bool WHOLE>
inline void transform_products(const float* products, int64_t point_stride, const Finish& finish) {
  constexpr int SIDE = Winograd<M>::SIDE;
  const auto read = [&](const float* p) { return WHOLE ? load(p) : load_partial(p, finish.lanes); };
  vfloat rows[M][SIDE];
  for (int x = 0; x < SIDE; x++) {
    vfloat m[SIDE], y[M];
    for (int i = 0; i < SIDE; i++) {
      m[i] = load(products + (i * SIDE + x) * point_stride);
    }
    Winograd<M>::result(m, y);
    for (int i = 0; i < M; i++) {
      rows[i][x] = y[i];
    }
  }
  const vfloat bias = finish.bias == nullptr ? vfloat{} : read(finish.bias);
#pragma GCC unroll 1
  for (int64_t i = 0; i < finish.rows; i++) {
    vfloat y[M];
    Winograd<M>::result(rows[i], y);
    for (int j = 0; j < M; j++) {
      if (j < finish.columns) {
        const int64_t offset = i * finish.row_stride + j * finish.pixel_stride;
        vfloat result = y[j] + bias;
        if (finish.residual != nullptr) {
          result += read(finish.residual + offset);
        }
        result *= finish.scale;
        if (finish.silu) {
          result = silu(result);
        }
        if (WHOLE) {
          store(finish.dst + offset, result);
        } else {
          store_partial(finish.dst + offset, result, finish.lanes);
        }
      }
    }
  }
}

// Writes result channels first_k .. first_k + k_count of all tiles of the task.
template <int M>
void transform_all_products(const Task& task, int64_t first_k, int64_t k_count) {
  const lgv_winograd_args& args = task.args;
  const WinogradShape& shape = task.shape;
  const int64_t channels = args.output_channels;
  const int64_t point_stride = lgv::point_stride(task.tiles, k_count);
  const int64_t last_k = smaller(first_k + k_count, channels);
  for (int64_t t = 0; t < task.tiles; t++) {
    const Tile tile = tile_at(shape, task.first_tile + t);
    const int64_t pixel = ((tile.n * shape.height + tile.y) * shape.width + tile.x) * channels;
    const Tile next = tile_at(shape, smaller(task.first_tile + t + 1, shape.tiles - 1));
    const int64_t next_pixel = ((next.n * shape.height + next.y) * shape.width + next.x) * channels;
    for (int64_t k = first_k; k < last_k; k += W) {
      for (int64_t i = 0; i < M; i++) {
        for (int64_t j = 0; j < M; j++) {
          __builtin_prefetch(args.dst + next_pixel + (i * shape.width + j) * channels + k, 1);
        }
      }
      const int64_t panel = (k - first_k) / PANEL * PANEL;
      const float* products = task.scratch + task.share.products + panel * task.tiles +
                              t * panel_width(first_k + panel, shape.k) + (k - first_k - panel);
      const Finish finish = {args.bias == nullptr ? nullptr : args.bias + k,
                             args.residual == nullptr ? nullptr : args.residual + pixel + k,
                             args.dst + pixel + k,
                             smaller(M, shape.height - tile.y),
                             smaller(M, shape.width - tile.x),
                             smaller(W, channels - k),
                             shape.width * channels,
                             channels,
                             (float)args.scale,
                             args.silu != 0};
      if (finish.lanes == W) {
        transform_products<M, true>(products, point_stride, finish);
      } else {
        transform_products<M, false>(products, point_stride, finish);
      }
    }
  }
}

template <int M>
void run(const Task& task) {
  const WinogradShape& shape = task.shape;
  memset(task.scratch, 0, (size_t)shape.c * sizeof(float));
  const bool source_stays = task.share.c >= shape.c;
  for (int64_t k = task.first_k; k < task.last_k; k += task.share.k) {
    const int64_t k_count = smaller(task.share.k, task.last_k - k);
    for (int64_t c = 0; c < shape.c; c += task.share.c) {
      const int64_t c_count = smaller(task.share.c, shape.c - c);
      if (!source_stays || k == task.first_k) {
        transform_sources<M>({task.args, shape, task.scratch}, task.first_tile, task.tiles, c, c_count,
                             task.scratch + task.share.source);
      }
      if (task.args.halves == 0) {
        multiply(task, c, c_count, k, k_count);
      } else if (task.args.halves == 1) {
        multiply_halves<M, false>(task, c, c_count, k, k_count);
      } else {
        multiply_halves<M, true>(task, c, c_count, k, k_count);
      }
    }
    transform_all_products<M>(task, k, k_count);
  }
}

}  // namespace

namespace LGV_ISA {

void winograd(const lgv_winograd_args& args) {
  const WinogradShape shape(args);
  const WinogradShare share(shape, args.halves != 0);
  // A multiply-add takes about 0.02 nanoseconds on a core with AVX-512.
  const double work = (double)(shape.tiles * shape.points) * (double)shape.c * (double)shape.k;
  const int useful = threads_for(work, 32 * ELEMENTS_PER_THREAD);
  const int64_t threads = smaller(useful, args.scratch_bytes / share.bytes());
  const WinogradTasks tasks(shape, share, threads);
#pragma omp parallel for num_threads((int)threads) if (threads > 1) schedule(dynamic)
  for (int64_t index = 0; index < tasks.blocks * tasks.parts; index++) {
    const int64_t block = index / tasks.parts, part = index % tasks.parts;
    const int64_t tile = tasks.first_tile(block), k = tasks.first_k(part);
    const Task task = {args,
                       shape,
                       share,
                       (float*)args.scratch + omp_get_thread_num() * share.floats,
                       tile,
                       tasks.first_tile(block + 1) - tile,
                       k,
                       tasks.first_k(part + 1)};
    if (args.tile == 4) {
      run<4>(task);
    } else {
      run<2>(task);
    }
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
