// The kernels that exist once per instruction set, and the table through which the chosen ones are called.
//
// Sources named *_kernel.cpp are compiled three times, each time with LGV_ISA naming another namespace and with that
// instruction set's flags; everything in them has internal linkage but the functions declared here. That is not tidiness:
// an inline function or a template instance of external linkage is emitted in every object as a weak symbol, the linker
// keeps one of them, and if it keeps the one compiled for AVX-512, a machine without it dies in unrelated code. For the
// same reason they use no C++ standard library. The test `isa_objects` looks for weak symbols.
#ifndef LANGEVIN_CPU_KERNELS_H
#define LANGEVIN_CPU_KERNELS_H

#include "langevin.h"

namespace lgv {

// Kernels take arguments that have been checked.
struct Kernels {
  const char* isa;
  void (*group_norm)(const lgv_group_norm_args& args);
  void (*layer_norm)(const lgv_layer_norm_args& args);
  void (*transition)(const lgv_transition_args& args);
  void (*attention)(const lgv_attention_args& args);
  void (*sum_rows)(const lgv_sum_rows_args& args);
  void (*sum_squares)(const lgv_sum_squares_args& args);
  void (*adamw)(const lgv_adamw_args& args);
  void (*group_norm_backward)(const lgv_group_norm_backward_args& args);
  void (*layer_norm_backward)(const lgv_layer_norm_backward_args& args);
  void (*attention_backward)(const lgv_attention_backward_args& args);
  void (*winograd_weights)(const lgv_winograd_weights_args& args);
  void (*winograd)(const lgv_winograd_args& args);
  void (*winograd_gradient)(const lgv_winograd_gradient_args& args);
  void (*half_pack)(const lgv_half_pack_args& args);
  void (*half_conv)(const lgv_half_conv_args& args);
  void (*int8)(const lgv_int8_args& args);
  void (*int8_attention)(const lgv_attention_args& args);
};

extern const Kernels baseline_kernels;
extern const Kernels avx2_kernels;
extern const Kernels avx512_kernels;

// Those of lgv_isa_name.
const Kernels& kernels();

#ifdef LGV_ISA
namespace LGV_ISA {
void group_norm(const lgv_group_norm_args& args);
void layer_norm(const lgv_layer_norm_args& args);
void transition(const lgv_transition_args& args);
void attention(const lgv_attention_args& args);
void sum_rows(const lgv_sum_rows_args& args);
void sum_squares(const lgv_sum_squares_args& args);
void adamw(const lgv_adamw_args& args);
void group_norm_backward(const lgv_group_norm_backward_args& args);
void layer_norm_backward(const lgv_layer_norm_backward_args& args);
void attention_backward(const lgv_attention_backward_args& args);
void winograd_weights(const lgv_winograd_weights_args& args);
void winograd(const lgv_winograd_args& args);
void winograd_gradient(const lgv_winograd_gradient_args& args);
void half_pack(const lgv_half_pack_args& args);
void half_conv(const lgv_half_conv_args& args);
void int8(const lgv_int8_args& args);
void int8_attention(const lgv_attention_args& args);
}  // namespace LGV_ISA
#endif

}  // namespace lgv

#endif
