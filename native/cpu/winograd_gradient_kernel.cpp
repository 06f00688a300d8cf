// Gradient of a convolution by its weights, see winograd_gradient.h: G^T [sum over tiles of (B^T d B) * (A dy A^T)] G.
#include "kernels.h"
#include "parallel.h"
#include "winograd_gemm.h"
#include "winograd_gradient.h"
#include "winograd_source.h"

namespace lgv {
namespace {

struct GradientTask {
  const lgv_winograd_gradient_args& args;
  const lgv_winograd_args& forward;
  const WinogradShape& shape;
  const GradientShare& share;
  float* scratch;
  int64_t first_c, c;
  int64_t first_k, k;
};

// A dy A^T of W channels of one tile, of which `rows` and `columns` of pixels and `lanes` of channels exist.
template <int M>
inline void transform_dy(const float* dy, int64_t row_stride, int64_t pixel_stride, int64_t rows, int64_t columns,
                         int64_t lanes, int64_t point_stride, float* dst) {
  constexpr int SIDE = Winograd<M>::SIDE;
  vfloat spread[M][SIDE];  // [x][y]
  for (int x = 0; x < M; x++) {
    vfloat y[M];
    for (int i = 0; i < M; i++) {
      const float* pixel = dy + i * row_stride + x * pixel_stride;
      y[i] = i >= rows || x >= columns ? vfloat{} : lanes == W ? load(pixel) : load_partial(pixel, lanes);
    }
    Winograd<M>::result_transposed(y, spread[x]);
  }
  for (int i = 0; i < SIDE; i++) {
    vfloat y[M], m[SIDE];
    for (int x = 0; x < M; x++) {
      y[x] = spread[x][i];
    }
    Winograd<M>::result_transposed(y, m);
    for (int x = 0; x < SIDE; x++) {
      store(dst + (i * SIDE + x) * point_stride, m[x]);
    }
  }
}

template <int M>
void transform_all_dy(const GradientTask& task, int64_t first_tile, int64_t tiles) {
  const WinogradShape& shape = task.shape;
  const int64_t channels = task.args.output_channels;
  const int64_t point_stride = lgv::point_stride(tiles, task.k);
  for (int64_t t = 0; t < tiles; t++) {
    const Tile tile = tile_at(shape, first_tile + t);
    const float* dy =
        task.args.dy + ((tile.n * shape.height + tile.y) * shape.width + tile.x) * channels + task.first_k;
    for (int64_t k = 0; k < task.k; k += W) {
      const int64_t panel = k / PANEL * PANEL;
      const int64_t lanes = channels - (task.first_k + k);
      transform_dy<M>(dy + k, shape.width * channels, channels, shape.height - tile.y, shape.width - tile.x,
                      lanes < 0 ? 0 : smaller(lanes, W), point_stride,
                      task.scratch + task.share.dy + panel * tiles + t * panel_width(panel, task.k) + (k - panel));
    }
  }
}

// Of source channels in a register tile; divides CHANNEL_BLOCK.
#if defined(__AVX512F__)
constexpr int CHANNELS = 8;
#else
constexpr int CHANNELS = 4;
#endif

// total (CHANNELS, V*W) = [total +] a^T b, where a is (tiles, 16), of which CHANNELS are used, and b (tiles, V*W).
template <int V>
void multiply_transposed(const float* __restrict a, const float* __restrict b, int64_t tiles, bool add,
                         float* __restrict total) {
  vfloat sums[CHANNELS][V] = {};
  if (add) {
    for (int c = 0; c < CHANNELS; c++) {
      for (int v = 0; v < V; v++) {
        sums[c][v] = load(total + (c * V + v) * W);
      }
    }
  }
#pragma GCC unroll 4
  for (int64_t t = 0; t < tiles; t++) {
    vfloat row[V];
    for (int v = 0; v < V; v++) {
      row[v] = load(b + (t * V + v) * W);
    }
    for (int c = 0; c < CHANNELS; c++) {
      const vfloat element = splat(a[t * CHANNEL_BLOCK + c]);
      for (int v = 0; v < V; v++) {
        sums[c][v] += element * row[v];
      }
    }
  }
  for (int c = 0; c < CHANNELS; c++) {
    for (int v = 0; v < V; v++) {
      store(total + (c * V + v) * W, sums[c][v]);
    }
  }
}

void multiply_transposed(const GradientTask& task, int64_t tiles, bool add) {
  for (int64_t point = 0; point < task.shape.points; point++) {
    const float* source = task.scratch + task.share.source + point * point_stride(tiles, task.c);
    const float* dy = task.scratch + task.share.dy + point * point_stride(tiles, task.k);
    float* total = task.scratch + task.share.total + point * point_stride(task.c, task.k);
    for (int64_t k = 0; k < task.k; k += PANEL) {
      const int64_t width = panel_width(k, task.k);
      for (int64_t c = 0; c < task.c; c += CHANNELS) {
        const float* a = source + c / CHANNEL_BLOCK * CHANNEL_BLOCK * tiles + c % CHANNEL_BLOCK;
        float* sums = total + k * task.c + c * width;
        if (PANEL <= CHANNEL_BLOCK || width == PANEL) {
          multiply_transposed<VECTORS>(a, dy + k * tiles, tiles, add, sums);
        } else if constexpr (PANEL > CHANNEL_BLOCK) {
          multiply_transposed<VECTORS / 2>(a, dy + k * tiles, tiles, add, sums);
        }
      }
    }
  }
}

// G^T total G, to dst.
template <int M>
void transform_totals(const GradientTask& task) {
  constexpr int SIDE = Winograd<M>::SIDE;
  const int64_t channels = task.args.input_channels;
  const int64_t stride = point_stride(task.c, task.k);
  const int64_t c_count = smaller(task.c, channels - task.first_c);
  for (int64_t k = 0; k < task.k; k += W) {
    const int64_t panel = k / PANEL * PANEL;
    const int64_t width = panel_width(panel, task.k);
    const int64_t lanes = smaller(W, task.args.output_channels - (task.first_k + k));
    for (int64_t c = 0; c < c_count; c++) {
      const float* total = task.scratch + task.share.total + panel * task.c + c * width + (k - panel);
      vfloat rows[3][SIDE];
      for (int x = 0; x < SIDE; x++) {
        vfloat u[SIDE], g[3];
        for (int y = 0; y < SIDE; y++) {
          u[y] = load(total + (y * SIDE + x) * stride);
        }
        Winograd<M>::weights_transposed(u, g);
        for (int y = 0; y < 3; y++) {
          rows[y][x] = g[y];
        }
      }
      float* dst = task.args.dst + ((task.first_k + k) * channels + task.first_c + c) * 9;
      for (int y = 0; y < 3; y++) {
        vfloat g[3];
        Winograd<M>::weights_transposed(rows[y], g);
        for (int x = 0; x < 3; x++) {
          for (int64_t lane = 0; lane < lanes; lane++) {
            dst[lane * channels * 9 + y * 3 + x] = g[x][lane];
          }
        }
      }
    }
  }
}

template <int M>
void run_gradient(const GradientTask& task) {
  const int64_t block = task.share.tiles;
  memset(task.scratch, 0, (size_t)task.shape.c * sizeof(float));
  for (int64_t first = 0; first < task.shape.tiles; first += block) {
    const int64_t tiles = smaller(block, task.shape.tiles - first);
    transform_sources<M>({task.forward, task.shape, task.scratch}, first, tiles, task.first_c, task.c,
                         task.scratch + task.share.source);
    transform_all_dy<M>(task, first, tiles);
    multiply_transposed(task, tiles, first > 0);
  }
  transform_totals<M>(task);
}

}  // namespace

namespace LGV_ISA {

void winograd_gradient(const lgv_winograd_gradient_args& args) {
  if (args.n == 0) {
    memset(args.dst, 0, (size_t)(args.output_channels * args.input_channels * 9) * sizeof(float));
    return;
  }
  const lgv_winograd_args forward = convolution(args);
  const WinogradShape shape(forward);
  const GradientShare share(shape);
  const double work = (double)(shape.tiles * shape.points) * (double)shape.c * (double)shape.k;
  const int useful = threads_for(work, 32 * ELEMENTS_PER_THREAD);
  const int64_t threads = smaller(useful, args.scratch_bytes / share.bytes());
  // Each of the threads gets a task where the channels suffice.
  int64_t largest_c = share.c, largest_k = share.k;
  const auto tasks = [&] { return divide_up(shape.c, largest_c) * divide_up(shape.k, largest_k); };
  while (tasks() < threads && (largest_k > GradientShare::UNIT || largest_c > CHANNEL_BLOCK)) {
    if (largest_k > GradientShare::UNIT) {
      largest_k = GradientShare::UNIT;
    } else {
      largest_c = divide_up(largest_c / 2, CHANNEL_BLOCK) * CHANNEL_BLOCK;
    }
  }
  const Ranges cs(shape.c, largest_c, CHANNEL_BLOCK), ks(shape.k, largest_k, GradientShare::UNIT);
#pragma omp parallel for num_threads((int)threads) if (threads > 1) schedule(dynamic)
  for (int64_t index = 0; index < cs.count * ks.count; index++) {
    const int64_t c = index / ks.count, k = index % ks.count;
    const GradientTask task = {args,
                               forward,
                               shape,
                               share,
                               (float*)args.scratch + omp_get_thread_num() * share.floats,
                               cs.first(c),
                               cs.first(c + 1) - cs.first(c),
                               ks.first(k),
                               ks.first(k + 1) - ks.first(k)};
    if (args.tile == 4) {
      run_gradient<4>(task);
    } else {
      run_gradient<2>(task);
    }
  }
}

}  // namespace LGV_ISA
}  // namespace lgv
