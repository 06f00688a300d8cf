// Kernels that move data and compute nothing.
#include <string.h>
#include <xmmintrin.h>

#include "checks.h"
#include "parallel.h"

namespace {

using namespace lgv;

constexpr int64_t BYTES_PER_THREAD = 256 * 1024;

}  // namespace

int32_t lgv_copy_2d(const lgv_copy_2d_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (args->rows < 0 || args->row_bytes < 0 || args->src_stride_bytes < 0 ||
      args->dst_stride_bytes < args->row_bytes || !fits(args->rows, args->dst_stride_bytes) ||
      !fits(args->rows, args->src_stride_bytes)) {
    return LGV_BAD_SIZE;
  }
  if (args->rows == 0 || args->row_bytes == 0) {
    return LGV_OK;
  }
  if (args->src == nullptr || args->dst == nullptr) {
    return LGV_NULL_POINTER;
  }
  const char* src = static_cast<const char*>(args->src);
  char* dst = static_cast<char*>(args->dst);
  const int threads = threads_for(args->rows * args->row_bytes, BYTES_PER_THREAD);
#pragma omp parallel for num_threads(threads) if (threads > 1) schedule(static)
  for (int64_t row = 0; row < args->rows; row++) {
    memcpy(dst + row * args->dst_stride_bytes, src + row * args->src_stride_bytes, (size_t)args->row_bytes);
  }
  return LGV_OK;
}

int32_t lgv_stream_copy(const lgv_stream_copy_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (args->bytes < 0 || args->bytes % 16 != 0) {
    return LGV_BAD_SIZE;
  }
  if (args->bytes == 0) {
    return LGV_OK;
  }
  if (args->src == nullptr || args->dst == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (reinterpret_cast<uintptr_t>(args->src) % 16 != 0 || reinterpret_cast<uintptr_t>(args->dst) % 16 != 0) {
    return LGV_BAD_VALUE;
  }
  const float* src = static_cast<const float*>(args->src);
  float* dst = static_cast<float*>(args->dst);
  const int64_t quads = args->bytes / 16;
  const int threads = threads_for(args->bytes, BYTES_PER_THREAD);
#pragma omp parallel num_threads(threads) if (threads > 1)
  {
#pragma omp for schedule(static)
    for (int64_t i = 0; i < quads; i++) {
      _mm_stream_ps(dst + 4 * i, _mm_load_ps(src + 4 * i));
    }
    _mm_sfence();  // each thread's own stores; they are otherwise not ordered before what follows
  }
  return LGV_OK;
}
