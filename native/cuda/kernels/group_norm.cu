// Group normalisation in two passes over memory: sums of each chunk of a picture, then their combination and the result.
//
// A block treats a slab of whole groups, so that its warps read neighbouring channels, and no thread sees two groups: a
// slab is either narrow, with a channel for each thread and several pixels at a time, or one wide group. Sums are those of
// deviations from the slab's first value of the same group in the chunk: a mean of 1000 deviations costs no accuracy, and such
// sums of different threads simply add.
#include "post.h"
#include "reduce.h"

struct Slab {
  int64_t n, first_pixel, last_pixel, chunk;
  int64_t first_group, first_channel;
  int64_t width;      // channels of a group
  int groups;         // of this slab
  int channels;       // of this slab
  int rows;           // pixels that the block reads at a time
  int channel_step;   // from one channel of a thread to its next
};

LGC_DEVICE Slab slab_of(const lgc_group_norm_args& args, int64_t unit) {
  Slab slab;
  slab.width = args.channels / args.groups;
  const int64_t each = LGC_GROUP_NORM_SLAB(args.channels, args.groups);
  const int64_t slabs = parts(args.groups, each);
  const int64_t pixels = parts(args.spatial, args.chunks);
  slab.first_group = unit % slabs * each;
  slab.chunk = unit / slabs % args.chunks;
  slab.n = unit / slabs / args.chunks;
  slab.first_pixel = slab.chunk * pixels;
  slab.last_pixel = smaller(args.spatial, slab.first_pixel + pixels);
  slab.first_channel = slab.first_group * slab.width;
  slab.groups = (int)smaller(each, args.groups - slab.first_group);
  slab.channels = (int)(slab.groups * slab.width);
  slab.rows = slab.channels < LGC_GROUP_NORM_THREADS ? LGC_GROUP_NORM_THREADS / slab.channels : 1;
  slab.channel_step = slab.channels < LGC_GROUP_NORM_THREADS ? slab.channels : LGC_GROUP_NORM_THREADS;
  return slab;
}

LGC_DEVICE int64_t units_of(const lgc_group_norm_args& args) {
  return args.n * args.chunks * parts(args.groups, LGC_GROUP_NORM_SLAB(args.channels, args.groups));
}

LGC_DEVICE float source(const lgc_group_norm_args& args, int64_t n, int64_t pixel, int64_t c) {
  const int64_t row = n * args.spatial + pixel;
  return c < args.src_channels
             ? load(args.src, args.src_type, row * args.src_channels + c)
             : load(args.src1, args.src_type, row * (args.channels - args.src_channels) + c - args.src_channels);
}

LGC_DEVICE float added(const lgc_group_norm_args& args, int64_t n, int64_t c) {
  return args.add == nullptr ? 0.0f : load(args.add, args.row_type, n * args.add_stride + c);
}

LGC_KERNEL(lgc_group_norm_sums, lgc_group_norm_args, LGC_GROUP_NORM_THREADS) {
  LGC_SHARED(float, sums, LGC_GROUP_NORM_THREADS);
  LGC_SHARED(float, squares, LGC_GROUP_NORM_THREADS);
  const int thread = (int)threadIdx.x;
  for (int64_t unit = blockIdx.x; unit < units_of(args); unit += gridDim.x) {
    const Slab slab = slab_of(args, unit);
    const int row = thread / slab.channel_step;
    float s = 0.0f, q = 0.0f;
    if (row < slab.rows && slab.first_pixel < slab.last_pixel) {
      for (int c = thread % slab.channel_step; c < slab.channels; c += slab.channel_step) {
        const int64_t channel = slab.first_channel + c;
        const int64_t leader = channel / slab.width * slab.width;
        const float shift = source(args, slab.n, slab.first_pixel, leader) + added(args, slab.n, leader);
        const float more = added(args, slab.n, channel);
        for (int64_t p = slab.first_pixel + row; p < slab.last_pixel; p += slab.rows) {
          const float d = source(args, slab.n, p, channel) + more - shift;
          s += d;
          q += d * d;
        }
      }
    }
    sums[thread] = s;
    squares[thread] = q;
    __syncthreads();
    const int lane = thread % 32;
    for (int g = thread / 32; g < slab.groups; g += LGC_GROUP_NORM_THREADS / 32) {
      // The threads of a group: in each row a stretch of its width, or all of them.
      const int width = slab.groups == 1 && slab.channels >= LGC_GROUP_NORM_THREADS ? LGC_GROUP_NORM_THREADS : (int)slab.width;
      double total = 0, total_squares = 0;
      for (int i = lane; i < slab.rows * width; i += 32) {
        const int from = i / width * slab.channel_step + g * width + i % width;
        total += sums[from];
        total_squares += squares[from];
      }
      total = warp_sum(total);
      total_squares = warp_sum(total_squares);
      const double count = (double)((slab.last_pixel - slab.first_pixel) * slab.width);
      if (lane == 0) {
        const int64_t group = slab.first_group + g;
        float* to = args.sums + ((slab.n * args.chunks + slab.chunk) * args.groups + group) * 2;
        if (slab.first_pixel < slab.last_pixel) {
          const float shift = source(args, slab.n, slab.first_pixel, group * slab.width) + added(args, slab.n, group * slab.width);
          to[0] = (float)(shift + total / count);
          to[1] = (float)(total_squares - total * total / count);
        } else {  // more chunks than pixels fill
          to[0] = 0.0f;
          to[1] = 0.0f;
        }
      }
    }
    __syncthreads();
  }
}

LGC_KERNEL(lgc_group_norm, lgc_group_norm_args, LGC_GROUP_NORM_THREADS) {
  LGC_SHARED(float, means, LGC_GROUP_NORM_THREADS);
  LGC_SHARED(float, factors, LGC_GROUP_NORM_THREADS);
  const int thread = (int)threadIdx.x;
  for (int64_t unit = blockIdx.x; unit < units_of(args); unit += gridDim.x) {
    const Slab slab = slab_of(args, unit);
    const int64_t pixels = parts(args.spatial, args.chunks);
    for (int g = thread / 32; g < slab.groups; g += LGC_GROUP_NORM_THREADS / 32) {
      const float* from = args.sums + (slab.n * args.chunks * args.groups + slab.first_group + g) * 2;
      double mean = 0, squares = 0;
      for (int64_t chunk = thread % 32; chunk < args.chunks; chunk += 32) {
        const int64_t count = smaller(pixels, args.spatial - chunk * pixels);
        mean += count > 0 ? (double)count * from[chunk * args.groups * 2] : 0;
      }
      mean = warp_sum(mean) / (double)args.spatial;
      for (int64_t chunk = thread % 32; chunk < args.chunks; chunk += 32) {
        const int64_t count = smaller(pixels, args.spatial - chunk * pixels);
        if (count > 0) {
          const double d = from[chunk * args.groups * 2] - mean;
          squares += from[chunk * args.groups * 2 + 1] + d * d * (double)(count * slab.width);
        }
      }
      squares = warp_sum(squares);
      if (thread % 32 == 0) {
        means[g] = (float)mean;
        factors[g] = (float)(1 / sqrt(squares / (double)(args.spatial * slab.width) + args.eps));
      }
    }
    __syncthreads();
    const int row = thread / slab.channel_step;
    if (row < slab.rows) {
      for (int c = thread % slab.channel_step; c < slab.channels; c += slab.channel_step) {
        const int64_t channel = slab.first_channel + c;
        const int g = (int)(c / slab.width);
        const float mean = means[g];
        float factor = factors[g] * (args.gamma == nullptr ? 1.0f : args.gamma[channel]);
        float offset = args.beta == nullptr ? 0.0f : args.beta[channel];
        if (args.scale != nullptr) {
          const float scale = 1.0f + load(args.scale, args.row_type, slab.n * args.scale_stride + channel);
          factor *= scale;
          offset = offset * scale + load(args.shift, args.row_type, slab.n * args.shift_stride + channel);
        }
        const float more = added(args, slab.n, channel);
        for (int64_t p = slab.first_pixel + row; p < slab.last_pixel; p += slab.rows) {
          const float y = (source(args, slab.n, p, channel) + more - mean) * factor + offset;
          store(args.dst, args.dst_type, (slab.n * args.spatial + p) * args.channels + channel, args.silu != 0 ? silu(y) : y);
        }
      }
    }
    __syncthreads();
  }
}
