// The declarations of langevin_int8.h; see abi_check.cpp.
#include "langevin_int8.h"

#include "abi_check.h"

void print_int8() {
  CONSTANT(LGV_POST_NONE);
  CONSTANT(LGV_POST_ADD);
  CONSTANT(LGV_POST_MULTIPLY);
  CONSTANT(LGV_POST_SCALE);
  CONSTANT(LGV_POST_SWISH);
  CONSTANT(LGV_POST_GELU);
  CONSTANT(LGV_MAX_POST);

  FUNCTION(lgv_int8_weights_bytes);
  FUNCTION(lgv_int8_weights);
  FUNCTION(lgv_int8_scratch_bytes);
  FUNCTION(lgv_int8);
  FUNCTION(lgv_int8_attention_scratch_bytes);
  FUNCTION(lgv_int8_attention);

  STRUCT(lgv_int8_weights_args);
  FIELD(lgv_int8_weights_args, src);
  FIELD(lgv_int8_weights_args, dst);
  FIELD(lgv_int8_weights_args, output_channels);
  FIELD(lgv_int8_weights_args, input_channels);
  FIELD(lgv_int8_weights_args, kernel);

  STRUCT(lgv_int8_args);
  FIELD(lgv_int8_args, src);
  FIELD(lgv_int8_args, weights);
  FIELD(lgv_int8_args, bias);
  FIELD(lgv_int8_args, operand);
  FIELD(lgv_int8_args, dst);
  FIELD(lgv_int8_args, scratch);
  FIELD(lgv_int8_args, scratch_bytes);
  FIELD(lgv_int8_args, n);
  FIELD(lgv_int8_args, height);
  FIELD(lgv_int8_args, width);
  FIELD(lgv_int8_args, input_channels);
  FIELD(lgv_int8_args, output_channels);
  FIELD(lgv_int8_args, kernel);
  FIELD(lgv_int8_args, stride);
  FIELD(lgv_int8_args, pad_top);
  FIELD(lgv_int8_args, pad_left);
  FIELD(lgv_int8_args, pad_bottom);
  FIELD(lgv_int8_args, pad_right);
  FIELD(lgv_int8_args, post);
  FIELD(lgv_int8_args, value);
}
