// The sizes of a convolution with weights of halves, and the places in its scratch: a row of zeros for pixels outside of the
// picture, and for each tap of the kernel and each pixel of dst the pixel of src that they meet in.
#ifndef LANGEVIN_CPU_HALF_H
#define LANGEVIN_CPU_HALF_H

#include "langevin.h"
#include "sizes.h"

namespace lgv {
namespace {

struct HalfShape {
  int64_t taps, result_height, result_width;
  int64_t rows;            // pixels of dst
  int64_t src_channels, dst_channels;
  int64_t zeros;           // floats of that row, in whole cache lines

  explicit HalfShape(const lgv_half_conv_args& args) {
    taps = args.kernel_height * args.kernel_width;
    result_height = (args.height + args.pad_top + args.pad_bottom - args.kernel_height) / args.stride + 1;
    result_width = (args.width + args.pad_left + args.pad_right - args.kernel_width) / args.stride + 1;
    rows = args.n * (args.gradient ? args.height * args.width : result_height * result_width);
    src_channels = args.gradient ? args.output_channels : args.input_channels;
    dst_channels = args.gradient ? args.input_channels : args.output_channels;
    zeros = divide_up(src_channels, 16) * 16;
  }

  int64_t scratch_bytes() const { return zeros * 4 + taps * rows * 8; }
};

}  // namespace
}  // namespace lgv

#endif
