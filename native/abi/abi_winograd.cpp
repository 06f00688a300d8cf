// The declarations of langevin_winograd.h; see abi_check.cpp.
#include "langevin_winograd.h"

#include "abi_check.h"

void print_winograd() {
  FUNCTION(lgv_winograd_weights_bytes);
  FUNCTION(lgv_winograd_weights);
  FUNCTION(lgv_winograd_scratch_bytes);
  FUNCTION(lgv_winograd);
  FUNCTION(lgv_winograd_gradient_scratch_bytes);
  FUNCTION(lgv_winograd_gradient);

  STRUCT(lgv_winograd_weights_args);
  FIELD(lgv_winograd_weights_args, src);
  FIELD(lgv_winograd_weights_args, dst);
  FIELD(lgv_winograd_weights_args, output_channels);
  FIELD(lgv_winograd_weights_args, input_channels);
  FIELD(lgv_winograd_weights_args, tile);
  FIELD(lgv_winograd_weights_args, transposed);

  STRUCT(lgv_winograd_args);
  FIELD(lgv_winograd_args, src);
  FIELD(lgv_winograd_args, weights);
  FIELD(lgv_winograd_args, bias);
  FIELD(lgv_winograd_args, residual);
  FIELD(lgv_winograd_args, dst);
  FIELD(lgv_winograd_args, scratch);
  FIELD(lgv_winograd_args, scratch_bytes);
  FIELD(lgv_winograd_args, n);
  FIELD(lgv_winograd_args, height);
  FIELD(lgv_winograd_args, width);
  FIELD(lgv_winograd_args, input_channels);
  FIELD(lgv_winograd_args, output_channels);
  FIELD(lgv_winograd_args, tile);
  FIELD(lgv_winograd_args, pad_top);
  FIELD(lgv_winograd_args, pad_left);
  FIELD(lgv_winograd_args, pad_bottom);
  FIELD(lgv_winograd_args, pad_right);
  FIELD(lgv_winograd_args, silu);
  FIELD(lgv_winograd_args, halves);
  FIELD(lgv_winograd_args, transposed);
  FIELD(lgv_winograd_args, scale);

  STRUCT(lgv_winograd_gradient_args);
  FIELD(lgv_winograd_gradient_args, src);
  FIELD(lgv_winograd_gradient_args, dy);
  FIELD(lgv_winograd_gradient_args, dst);
  FIELD(lgv_winograd_gradient_args, scratch);
  FIELD(lgv_winograd_gradient_args, scratch_bytes);
  FIELD(lgv_winograd_gradient_args, n);
  FIELD(lgv_winograd_gradient_args, height);
  FIELD(lgv_winograd_gradient_args, width);
  FIELD(lgv_winograd_gradient_args, input_channels);
  FIELD(lgv_winograd_gradient_args, output_channels);
  FIELD(lgv_winograd_gradient_args, tile);
  FIELD(lgv_winograd_gradient_args, pad_top);
  FIELD(lgv_winograd_gradient_args, pad_left);
  FIELD(lgv_winograd_gradient_args, pad_bottom);
  FIELD(lgv_winograd_gradient_args, pad_right);
}
