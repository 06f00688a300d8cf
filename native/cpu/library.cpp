// What the library says of itself, and its threads.
#include <omp.h>

#include "kernels.h"

const char* lgv_status_text(int32_t status) {
  switch (status) {
    case LGV_OK:
      return "success";
    case LGV_NULL_POINTER:
      return "a required pointer is null";
    case LGV_BAD_SIZE:
      return "a size, count or stride is out of range, or they disagree";
    case LGV_BAD_VALUE:
      return "a parameter is not finite or is outside its range";
    case LGV_BAD_SCRATCH:
      return "the scratch memory is too small or not 64-byte aligned";
    case LGV_BAD_REGISTER:
      return "a transition names a register that does not exist or has no memory";
    default:
      return "unknown status";
  }
}

int32_t lgv_version(void) { return LGV_VERSION; }

const char* lgv_isa_name(void) { return lgv::kernels().isa; }

int32_t lgv_set_num_threads(int32_t threads) {
  if (threads < 1 || threads > LGV_MAX_THREADS) {
    return LGV_BAD_SIZE;
  }
  omp_set_num_threads(threads);
  return LGV_OK;
}

int32_t lgv_num_threads(void) { return omp_get_max_threads(); }
