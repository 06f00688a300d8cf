// CUDA's driver of a machine without a device, for planning on it for a device that is elsewhere. cuDNN looks up all of
// these functions before it compiles an engine, and has the code loaded that comes of it. Nothing runs: whatever is asked
// for else is answered with CUDA_ERROR_NO_DEVICE.
#include <stdint.h>
#include <string.h>

#include "cuda_driver.h"

namespace {

const int VERSION = 13000;

// What any device grants: threads of a kernel's block, and blocks of a cluster.
const int BLOCK_THREADS = 128, CLUSTER_BLOCKS = 8;

// Handles behind which nobody looks.
CUlibrary const LIBRARY = reinterpret_cast<CUlibrary>(uintptr_t{1} << 12);
CUkernel const KERNEL = reinterpret_cast<CUkernel>(uintptr_t{1} << 13);

CUresult text(const char** out) {
  *out = "no CUDA-capable device is detected";
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuInit(unsigned) { return CUDA_ERROR_NO_DEVICE; }

CUresult cuDriverGetVersion(int* version) {
  *version = VERSION;
  return CUDA_SUCCESS;
}

CUresult cuGetErrorName(CUresult, const char** name) { return text(name); }

CUresult cuGetErrorString(CUresult, const char** sentence) { return text(sentence); }

CUresult cuLibraryLoadData(CUlibrary* library, const void*, void*, void**, unsigned, void*, void**, unsigned) {
  *library = LIBRARY;
  return CUDA_SUCCESS;
}

CUresult cuLibraryUnload(CUlibrary) { return CUDA_SUCCESS; }

CUresult cuLibraryGetKernel(CUkernel* kernel, CUlibrary, const char*) {
  *kernel = KERNEL;
  return CUDA_SUCCESS;
}

#define LGC_EXPORTED extern "C" __attribute__((visibility("default")))

LGC_EXPORTED CUresult cuKernelSetAttribute(int, int, CUkernel, CUdevice);
CUresult cuKernelSetAttribute(int, int, CUkernel, CUdevice) { return CUDA_SUCCESS; }

LGC_EXPORTED CUresult cuKernelGetAttribute(int* value, int, CUkernel, CUdevice);
CUresult cuKernelGetAttribute(int* value, int, CUkernel, CUdevice) {
  *value = BLOCK_THREADS;
  return CUDA_SUCCESS;
}

LGC_EXPORTED CUresult cuOccupancyMaxPotentialClusterSize(int* blocks, CUfunction, const void*);
CUresult cuOccupancyMaxPotentialClusterSize(int* blocks, CUfunction, const void*) {
  *blocks = CLUSTER_BLOCKS;
  return CUDA_SUCCESS;
}

// Whatever their arguments are.
#define LGC_NO_DEVICE(name)        \
  LGC_EXPORTED CUresult name(void); \
  CUresult name(void) { return CUDA_ERROR_NO_DEVICE; }
LGC_NO_DEVICE(cuCtxGetLimit)
LGC_NO_DEVICE(cuCtxPopCurrent)
LGC_NO_DEVICE(cuCtxPushCurrent)
LGC_NO_DEVICE(cuStreamGetCtx)
LGC_NO_DEVICE(cuLinkCreate)
LGC_NO_DEVICE(cuLinkAddData)
LGC_NO_DEVICE(cuLinkComplete)
LGC_NO_DEVICE(cuLinkDestroy)
LGC_NO_DEVICE(cuLaunchCooperativeKernel)
LGC_NO_DEVICE(cuLaunchKernelEx)
LGC_NO_DEVICE(cuLibraryLoadFromFile)


CUresult cuDeviceGetCount(int*) { return CUDA_ERROR_NO_DEVICE; }

CUresult cuDeviceGet(CUdevice*, int) { return CUDA_ERROR_NO_DEVICE; }

CUresult cuDeviceGetAttribute(int*, int, CUdevice) { return CUDA_ERROR_NO_DEVICE; }

CUresult cuCtxGetCurrent(CUcontext*) { return CUDA_ERROR_NO_DEVICE; }

CUresult cuLaunchKernel(CUfunction, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, unsigned, CUstream, void**,
                        void**) {
  return CUDA_ERROR_NO_DEVICE;
}

// The runtime that is linked into cuDNN asks for many more, and calls none of them where there is no device.
CUresult cuGetProcAddress_v2(const char* symbol, void** function, int, uint64_t, int* status) {
  *function = strcmp(symbol, "cuDriverGetVersion") == 0 ? reinterpret_cast<void*>(&cuDriverGetVersion)
                                                        : reinterpret_cast<void*>(&cuCtxGetLimit);
  if (status != nullptr) {
    *status = 0;
  }
  return CUDA_SUCCESS;
}
