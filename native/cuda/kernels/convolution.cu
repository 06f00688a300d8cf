// The simple convolution, and with a window of one pixel the simple matrix product: tiles in shared memory, products in f32.
#include "post.h"

constexpr int TILE = LGC_CONVOLUTION_TILE;
constexpr int DEPTH = 16;                                  // input channels at a time
constexpr int SIDE_OF_THREAD = 4;                          // a thread's results: 4 pixels by 4 channels
constexpr int ROW = TILE + 4;                              // not a multiple of the banks

LGC_KERNEL(lgc_convolution, lgc_convolution_args, LGC_CONVOLUTION_THREADS) {
  LGC_SHARED(float, pixels, DEPTH * ROW);
  LGC_SHARED(float, filters, DEPTH * ROW);
  const int thread = (int)threadIdx.x;
  const int64_t area = args.dst_height * args.dst_width;
  const int64_t across = parts(args.output_channels, TILE);
  const int64_t units = parts(args.n * area, TILE) * across;
  // What this thread fetches: four channels of one pixel, and of one filter.
  const int item = thread / 4, depth = thread % 4 * 4;
  // What it computes.
  const int tile_pixel = thread / 16 * SIDE_OF_THREAD, tile_channel = thread % 16 * SIDE_OF_THREAD;
  for (int64_t unit = blockIdx.x; unit < units; unit += gridDim.x) {
    const int64_t first_pixel = unit / across * TILE, first_channel = unit % across * TILE;
    const int64_t pixel = first_pixel + item, channel = first_channel + item;
    const int64_t n = pixel / area;
    const int64_t top = pixel % area / args.dst_width * args.stride - args.pad_top;
    const int64_t left = pixel % args.dst_width * args.stride - args.pad_left;
    float y[SIDE_OF_THREAD][SIDE_OF_THREAD] = {};
    for (int64_t kh = 0; kh < args.kernel_height; kh++) {
      for (int64_t kw = 0; kw < args.kernel_width; kw++) {
        const int64_t h = top + kh, w = left + kw;
        const bool inside = pixel < args.n * area && h >= 0 && h < args.height && w >= 0 && w < args.width;
        const int64_t from = ((n * args.height + h) * args.width + w) * args.src_row_stride;
        const int64_t filter = channel * args.weight_stride[0] + kh * args.weight_stride[2] + kw * args.weight_stride[3];
        for (int64_t c0 = 0; c0 < args.input_channels; c0 += DEPTH) {
          LGC_UNROLL for (int i = 0; i < 4; i++) {
            const int64_t c = c0 + depth + i;
            const bool there = c < args.input_channels;
            pixels[(depth + i) * ROW + item] = inside && there ? load(args.src, args.src_type, from + c) : 0.0f;
            filters[(depth + i) * ROW + item] =
                channel < args.output_channels && there
                    ? load(args.weights, args.weight_type, filter + c * args.weight_stride[1]) : 0.0f;
          }
          __syncthreads();
          for (int c = 0; c < DEPTH; c++) {
            LGC_UNROLL for (int i = 0; i < SIDE_OF_THREAD; i++) {
              const float x = pixels[c * ROW + tile_pixel + i];
              LGC_UNROLL for (int j = 0; j < SIDE_OF_THREAD; j++) {
                y[i][j] += x * filters[c * ROW + tile_channel + j];
              }
            }
          }
          __syncthreads();
        }
      }
    }
    LGC_UNROLL for (int i = 0; i < SIDE_OF_THREAD; i++) {
      LGC_UNROLL for (int j = 0; j < SIDE_OF_THREAD; j++) {
        const int64_t p = first_pixel + tile_pixel + i, c = first_channel + tile_channel + j;
        if (p < args.n * area && c < args.output_channels) {
          float value = y[i][j];
          if (args.src_scale != nullptr) {
            value *= args.src_scale[p / area * args.src_scale_stride];
          }
          if (args.weight_scale != nullptr) {
            value *= args.weight_scale[c];
          }
          value += args.bias == nullptr ? 0.0f : args.bias[c];
          store(args.dst, args.dst_type, p * args.output_channels + c, finish(args, p / area, p % area, c, value));
        }
      }
    }
  }
}
