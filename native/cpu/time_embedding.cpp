#include <math.h>

#include "checks.h"

// Angles reach thousands, where an f32 sine would need a careful reduction; the double functions of the C library bring it
// along, and their results round to f32 within half a unit and a hair. A few hundred values a step: not worth more.
int32_t lgv_time_embedding(const lgv_time_embedding_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (args->n < 0 || args->dim < 1 || !lgv::fits(args->n, args->dim)) {
    return LGV_BAD_SIZE;
  }
  if (!lgv::is_flag(args->flip_sin_to_cos)) {
    return LGV_BAD_VALUE;
  }
  const int64_t half = args->dim / 2;
  if (args->n == 0) {
    return LGV_OK;
  }
  if (args->timesteps == nullptr || args->dst == nullptr || (half > 0 && args->frequencies == nullptr)) {
    return LGV_NULL_POINTER;
  }
  for (int64_t n = 0; n < args->n; n++) {
    float* row = args->dst + n * args->dim;
    float* sines = args->flip_sin_to_cos ? row + half : row;
    float* cosines = args->flip_sin_to_cos ? row : row + half;
    for (int64_t i = 0; i < half; i++) {
      const float angle = args->timesteps[n] * args->frequencies[i];
      double sine;
      double cosine;
      ::sincos(angle, &sine, &cosine);
      sines[i] = (float)sine;
      cosines[i] = (float)cosine;
    }
    if (args->dim % 2 == 1) {
      row[args->dim - 1] = 0;
    }
  }
  return LGV_OK;
}
