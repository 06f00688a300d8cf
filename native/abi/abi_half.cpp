// The declarations of langevin_half.h; see abi_check.cpp.
#include "langevin_half.h"

#include "abi_check.h"

void print_half() {
  FUNCTION(lgv_half_pack);
  FUNCTION(lgv_half_conv_scratch_bytes);
  FUNCTION(lgv_half_conv);

  STRUCT(lgv_half_pack_args);
  FIELD(lgv_half_pack_args, src);
  FIELD(lgv_half_pack_args, dst);
  FIELD(lgv_half_pack_args, output_channels);
  FIELD(lgv_half_pack_args, input_channels);
  FIELD(lgv_half_pack_args, taps);
  FIELD(lgv_half_pack_args, bf16);

  STRUCT(lgv_half_conv_args);
  FIELD(lgv_half_conv_args, src);
  FIELD(lgv_half_conv_args, weights);
  FIELD(lgv_half_conv_args, bias);
  FIELD(lgv_half_conv_args, residual);
  FIELD(lgv_half_conv_args, dst);
  FIELD(lgv_half_conv_args, scratch);
  FIELD(lgv_half_conv_args, scratch_bytes);
  FIELD(lgv_half_conv_args, n);
  FIELD(lgv_half_conv_args, height);
  FIELD(lgv_half_conv_args, width);
  FIELD(lgv_half_conv_args, input_channels);
  FIELD(lgv_half_conv_args, output_channels);
  FIELD(lgv_half_conv_args, kernel_height);
  FIELD(lgv_half_conv_args, kernel_width);
  FIELD(lgv_half_conv_args, stride);
  FIELD(lgv_half_conv_args, pad_top);
  FIELD(lgv_half_conv_args, pad_left);
  FIELD(lgv_half_conv_args, pad_bottom);
  FIELD(lgv_half_conv_args, pad_right);
  FIELD(lgv_half_conv_args, bf16);
  FIELD(lgv_half_conv_args, gradient);
}
