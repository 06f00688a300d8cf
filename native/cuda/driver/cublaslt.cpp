// cuBLASLt for tests, on the driver on the processor: the functions that Java binds. It checks what it is given, hands out
// two algorithms, and computes a product by lgc_convolution in the caller's stream, so that what is wrong with an address, a
// size or a lifetime is found there. A third algorithm adds its partial sums up in the result's type, unless the preference
// keeps it from that.
#include <stdint.h>
#include <string.h>

#include <atomic>

#include "cuda_driver.h"
#include "langevin_cuda.h"

namespace {

enum Status { SUCCESS = 0, NOT_INITIALIZED = 1, INVALID_VALUE = 7, EXECUTION_FAILED = 13, NOT_SUPPORTED = 15 };

// Of library_types.h, cublas_api.h and cublasLt.h.
enum { R_32F = 0, R_16F = 2, R_16BF = 14, COMPUTE_32F = 68, COMPUTE_32F_FAST_TF32 = 77, OP_T = 1 };
enum { DESC_TRANSA = 3, DESC_EPILOGUE = 7, DESC_BIAS_POINTER = 8 };
enum { EPILOGUE_DEFAULT = 1, EPILOGUE_RELU = 2, EPILOGUE_BIAS = 4, EPILOGUE_GELU = 32 };
enum { PREF_WORKSPACE = 1, PREF_REDUCTION = 3, PREF_ALIGNMENT_A = 5, PREF_ALIGNMENT_D = 8, REDUCTION_OUTPUT_TYPE = 4 };

const uint64_t WORKSPACE = 512, ALIGNMENT = 16, ALGORITHM = 0x6c67634c74;  // of an algorithm's first word
const int ALGORITHMS = 2;
const size_t VERSION = 130101;

std::atomic<int64_t> live;

// What lies at the beginning of each object, until it is destroyed.
enum Kind : uint64_t { HANDLE = 0x68616e646c65, MATMUL, MATRIX, PREFERENCE, DESTROYED };

struct Object {
  Kind kind;
  explicit Object(Kind what) : kind(what) { live++; }
};

struct Handle : Object {
  CUmodule module = nullptr;
  CUfunction function = nullptr;
  Handle() : Object(HANDLE) {}
};

struct Matmul : Object {
  int32_t transa = 0;
  uint32_t epilogue = EPILOGUE_DEFAULT;
  void* bias = nullptr;
  Matmul() : Object(MATMUL) {}
};

struct Matrix : Object {
  int32_t type;
  uint64_t rows, columns;
  Matrix(int32_t t, uint64_t r, uint64_t c) : Object(MATRIX), type(t), rows(r), columns(c) {}
};

struct Preference : Object {
  uint64_t workspace = 0;
  uint32_t reduction = UINT32_MAX;
  uint32_t alignment[4] = {256, 256, 256, 256};
  Preference() : Object(PREFERENCE) {}
};

struct Algorithm {
  uint64_t word[8];
};

struct Result {
  Algorithm algorithm;
  size_t workspace;
  int32_t state;
  float waves;
  int32_t reserved[4];
};
static_assert(sizeof(Result) == 96);

template <typename T>
T* as(void* object, Kind kind) {
  Object* found = static_cast<Object*>(object);
  return found != nullptr && found->kind == kind ? static_cast<T*>(found) : nullptr;
}

template <typename T>
int destroy(void* object, Kind kind) {
  T* found = as<T>(object, kind);
  if (found == nullptr) return INVALID_VALUE;
  found->kind = DESTROYED;
  live--;
  delete found;
  return SUCCESS;
}

template <typename T>
int set(T* field, const void* value, size_t bytes) {
  if (value == nullptr || bytes != sizeof(T)) return INVALID_VALUE;
  memcpy(field, value, bytes);
  return SUCCESS;
}

int64_t stored(int32_t type) { return type == R_32F ? LGC_F32 : type == R_16F ? LGC_F16 : LGC_BF16; }

// d (m, n) = a^T b + ..., where a is (k, m) and b (k, n).
bool supported(const Matmul* product, const Matrix* a, const Matrix* b, const Matrix* c, const Matrix* d) {
  if (product == nullptr || a == nullptr || b == nullptr || c == nullptr || d == nullptr) return false;
  return product->transa == OP_T && a->rows == b->rows && d->rows == a->columns && d->columns == b->columns &&
         c->rows == d->rows && c->columns == d->columns && a->type == b->type && c->type == d->type &&
         (d->type == a->type || d->type == R_32F);
}

// It is of this product alone.
uint64_t problem(const Matmul* product, const Matrix* a, const Matrix* d) {
  return ((d->rows * 31 + d->columns) * 31 + a->rows) * 31 + product->epilogue * 1000 + stored(a->type) * 10 + stored(d->type);
}

bool aligned(const void* address) { return address != nullptr && reinterpret_cast<uintptr_t>(address) % ALIGNMENT == 0; }

}  // namespace

#define LGC_EXPORTED extern "C" __attribute__((visibility("default")))

// How many objects nobody has destroyed.
LGC_EXPORTED int64_t lgcCublasLtLive() { return live; }

LGC_EXPORTED size_t cublasLtGetVersion() { return VERSION; }

LGC_EXPORTED const char* cublasLtGetStatusString(int status) {
  switch (status) {
    case SUCCESS: return "success";
    case NOT_INITIALIZED: return "the library was not initialized";
    case INVALID_VALUE: return "an unsupported value or parameter was passed to the function";
    case NOT_SUPPORTED: return "the functionality requested is not supported";
    default: return "the function failed to launch on the GPU";
  }
}

LGC_EXPORTED int cublasLtCreate(void** out) {
  Handle* made = new Handle;
  if (cuModuleLoadData(&made->module, "langevin emulated kernels") != CUDA_SUCCESS ||
      cuModuleGetFunction(&made->function, made->module, "lgc_convolution") != CUDA_SUCCESS) {
    destroy<Handle>(made, HANDLE);
    return NOT_INITIALIZED;
  }
  *out = made;
  return SUCCESS;
}

LGC_EXPORTED int cublasLtDestroy(void* handle) {
  Handle* found = as<Handle>(handle, HANDLE);
  if (found == nullptr) return NOT_INITIALIZED;
  cuModuleUnload(found->module);
  return destroy<Handle>(handle, HANDLE);
}

LGC_EXPORTED int cublasLtMatmulDescCreate(void** out, int compute, int scale) {
  if ((compute != COMPUTE_32F && compute != COMPUTE_32F_FAST_TF32) || scale != R_32F) return INVALID_VALUE;
  *out = new Matmul;
  return SUCCESS;
}

LGC_EXPORTED int cublasLtMatmulDescDestroy(void* product) { return destroy<Matmul>(product, MATMUL); }

LGC_EXPORTED int cublasLtMatmulDescSetAttribute(void* product, int attribute, const void* value, size_t bytes) {
  Matmul* found = as<Matmul>(product, MATMUL);
  if (found == nullptr) return INVALID_VALUE;
  switch (attribute) {
    case DESC_TRANSA: return set(&found->transa, value, bytes);
    case DESC_EPILOGUE: return set(&found->epilogue, value, bytes);
    case DESC_BIAS_POINTER: return set(&found->bias, value, bytes);
    default: return INVALID_VALUE;
  }
}

LGC_EXPORTED int cublasLtMatrixLayoutCreate(void** out, int type, uint64_t rows, uint64_t columns, int64_t stride) {
  if ((type != R_32F && type != R_16F && type != R_16BF) || rows == 0 || columns == 0 ||
      stride != static_cast<int64_t>(rows)) {
    return INVALID_VALUE;
  }
  *out = new Matrix(type, rows, columns);
  return SUCCESS;
}

LGC_EXPORTED int cublasLtMatrixLayoutDestroy(void* matrix) { return destroy<Matrix>(matrix, MATRIX); }

LGC_EXPORTED int cublasLtMatmulPreferenceCreate(void** out) {
  *out = new Preference;
  return SUCCESS;
}

LGC_EXPORTED int cublasLtMatmulPreferenceDestroy(void* preference) { return destroy<Preference>(preference, PREFERENCE); }

LGC_EXPORTED int cublasLtMatmulPreferenceSetAttribute(void* preference, int attribute, const void* value, size_t bytes) {
  Preference* found = as<Preference>(preference, PREFERENCE);
  if (found == nullptr) return INVALID_VALUE;
  if (attribute >= PREF_ALIGNMENT_A && attribute <= PREF_ALIGNMENT_D) {
    return set(&found->alignment[attribute - PREF_ALIGNMENT_A], value, bytes);
  }
  return attribute == PREF_WORKSPACE   ? set(&found->workspace, value, bytes)
         : attribute == PREF_REDUCTION ? set(&found->reduction, value, bytes)
                                       : static_cast<int>(INVALID_VALUE);
}

LGC_EXPORTED int cublasLtMatmulAlgoGetHeuristic(void* handle, void* product, void* a, void* b, void* c, void* d,
                                                void* preference, int most, Result* results, int* found) {
  const Matmul* p = as<Matmul>(product, MATMUL);
  const Matrix *left = as<Matrix>(a, MATRIX), *result = as<Matrix>(d, MATRIX);
  const Preference* wanted = as<Preference>(preference, PREFERENCE);
  *found = 0;
  if (as<Handle>(handle, HANDLE) == nullptr) return NOT_INITIALIZED;
  if (wanted == nullptr || most < 1) return INVALID_VALUE;
  for (uint32_t alignment : wanted->alignment) {
    if (alignment != ALIGNMENT) return NOT_SUPPORTED;
  }
  if (!supported(p, left, as<Matrix>(b, MATRIX), as<Matrix>(c, MATRIX), result)) return NOT_SUPPORTED;
  int offered = (wanted->reduction & REDUCTION_OUTPUT_TYPE) != 0 ? ALGORITHMS + 1 : ALGORITHMS;
  for (int i = 0; i < offered && *found < most; i++) {
    uint64_t needs = i * WORKSPACE;
    if (needs > wanted->workspace) continue;
    Result* next = &results[(*found)++];
    *next = {};
    next->algorithm = {{ALGORITHM, static_cast<uint64_t>(i), problem(p, left, result), 0, 0, 0, 0, 0}};
    next->workspace = needs;
  }
  return SUCCESS;
}

LGC_EXPORTED int cublasLtMatmulAlgoCheck(void* handle, void* product, void* a, void* b, void* c, void* d,
                                         const Algorithm* algorithm, Result* out) {
  const Matmul* p = as<Matmul>(product, MATMUL);
  const Matrix *left = as<Matrix>(a, MATRIX), *result = as<Matrix>(d, MATRIX);
  if (as<Handle>(handle, HANDLE) == nullptr) return NOT_INITIALIZED;
  if (!supported(p, left, as<Matrix>(b, MATRIX), as<Matrix>(c, MATRIX), result) || algorithm->word[0] != ALGORITHM ||
      algorithm->word[1] >= ALGORITHMS || algorithm->word[2] != problem(p, left, result)) {
    return NOT_SUPPORTED;
  }
  out->workspace = algorithm->word[1] * WORKSPACE;
  out->state = SUCCESS;
  return SUCCESS;
}

LGC_EXPORTED int cublasLtMatmul(void* handle, void* product, const float* alpha, const void* a, void* a_layout, const void* b,
                                void* b_layout, const float* beta, const void* c, void* c_layout, void* d, void* d_layout,
                                const Algorithm* algorithm, void* workspace, size_t workspace_bytes, CUstream stream) {
  Result needs = {};
  int status = cublasLtMatmulAlgoCheck(handle, product, a_layout, b_layout, c_layout, d_layout, algorithm, &needs);
  if (status != SUCCESS) return status;
  const Matmul* p = as<Matmul>(product, MATMUL);
  const Matrix *left = as<Matrix>(a_layout, MATRIX), *result = as<Matrix>(d_layout, MATRIX);
  bool has_bias = (p->epilogue & EPILOGUE_BIAS) != 0;
  if (*alpha != 1 || (*beta != 0 && *beta != 1) || !aligned(a) || !aligned(b) || !aligned(c) || !aligned(d) ||
      has_bias != (p->bias != nullptr) || workspace_bytes < needs.workspace || (needs.workspace != 0 && !aligned(workspace))) {
    return INVALID_VALUE;
  }
  if (needs.workspace != 0 && cuMemsetD32Async(reinterpret_cast<CUdeviceptr>(workspace), UINT32_MAX,
                                               needs.workspace / sizeof(uint32_t), stream) != CUDA_SUCCESS) {
    return EXECUTION_FAILED;
  }
  lgc_convolution_args args = {};
  args.src = b;
  args.weights = a;
  args.dst = d;
  args.n = args.width = args.dst_width = args.kernel_height = args.kernel_width = args.stride = 1;
  args.height = args.dst_height = static_cast<int64_t>(result->columns);
  args.input_channels = args.src_row_stride = args.weight_stride[0] = static_cast<int64_t>(left->rows);
  args.weight_stride[1] = args.weight_stride[2] = args.weight_stride[3] = 1;
  args.output_channels = static_cast<int64_t>(result->rows);
  args.src_type = args.weight_type = stored(left->type);
  args.dst_type = stored(result->type);
  int posts = 0;
  if (*beta != 0) {
    args.post[posts] = LGC_POST_ADD;
    args.operand[posts] = c;
    args.operand_type[posts] = args.dst_type;
    args.pixel_stride[posts++] = args.output_channels;
  }
  if (has_bias) {
    args.post[posts] = LGC_POST_ADD;
    args.operand[posts] = p->bias;
    args.operand_type[posts++] = args.dst_type;
  }
  uint32_t function = p->epilogue & ~static_cast<uint32_t>(EPILOGUE_BIAS);
  args.post[posts] = function == EPILOGUE_RELU ? LGC_POST_RELU : function == EPILOGUE_GELU ? LGC_POST_GELU_TANH : LGC_POST_NONE;
  uint64_t tiles = ((result->rows + LGC_CONVOLUTION_TILE - 1) / LGC_CONVOLUTION_TILE) *
                   ((result->columns + LGC_CONVOLUTION_TILE - 1) / LGC_CONVOLUTION_TILE);
  void* parameters[] = {&args};
  return cuLaunchKernel(as<Handle>(handle, HANDLE)->function, static_cast<unsigned>(tiles), 1, 1, LGC_CONVOLUTION_THREADS, 1, 1,
                        0, stream, parameters, nullptr) == CUDA_SUCCESS
             ? SUCCESS
             : EXECUTION_FAILED;
}
