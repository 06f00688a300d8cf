// The table of one instruction set; compiled three times, see kernels.h.
#include "kernels.h"

#define LGV_JOIN_(a, b) a##b
#define LGV_JOIN(a, b) LGV_JOIN_(a, b)
#define LGV_TEXT_(a) #a
#define LGV_TEXT(a) LGV_TEXT_(a)

namespace lgv {

const Kernels LGV_JOIN(LGV_ISA, _kernels) = {
    LGV_TEXT(LGV_ISA),
    LGV_ISA::group_norm,
    LGV_ISA::layer_norm,
    LGV_ISA::transition,
    LGV_ISA::attention,
    LGV_ISA::sum_rows,
    LGV_ISA::sum_squares,
    LGV_ISA::adamw,
    LGV_ISA::group_norm_backward,
    LGV_ISA::layer_norm_backward,
    LGV_ISA::attention_backward,
    LGV_ISA::winograd_weights,
    LGV_ISA::winograd,
    LGV_ISA::winograd_gradient,
    LGV_ISA::half_pack,
    LGV_ISA::half_conv,
    LGV_ISA::int8,
    LGV_ISA::int8_attention,
};

}  // namespace lgv
