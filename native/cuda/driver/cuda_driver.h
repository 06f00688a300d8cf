/*
 * The part of CUDA's driver API that Langevin uses, declared by hand from its documentation: the bindings of Java are checked
 * against this header, and where NVIDIA's cuda.h is found, this header against that. The library of this folder implements it on
 * the processor.
 */
#ifndef LANGEVIN_CUDA_DRIVER_H
#define LANGEVIN_CUDA_DRIVER_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef int CUresult;
typedef int CUdevice;
typedef unsigned long long CUdeviceptr;
typedef struct CUctx_st* CUcontext;
typedef struct CUstream_st* CUstream;
typedef struct CUevent_st* CUevent;
typedef struct CUmod_st* CUmodule;
typedef struct CUfunc_st* CUfunction;
typedef struct CUlib_st* CUlibrary;
typedef struct CUkern_st* CUkernel;
typedef struct CUgraph_st* CUgraph;
typedef struct CUgraphNode_st* CUgraphNode;
typedef struct CUgraphExec_st* CUgraphExec;
typedef void (*CUhostFn)(void*);

/* ---- what functions answer ---- */
enum {
  CUDA_SUCCESS = 0,
  CUDA_ERROR_INVALID_VALUE = 1,
  CUDA_ERROR_OUT_OF_MEMORY = 2,
  CUDA_ERROR_NOT_INITIALIZED = 3,
  CUDA_ERROR_DEINITIALIZED = 4,
  CUDA_ERROR_STUB_LIBRARY = 34,
  CUDA_ERROR_DEVICE_UNAVAILABLE = 46,
  CUDA_ERROR_NO_DEVICE = 100,
  CUDA_ERROR_INVALID_DEVICE = 101,
  CUDA_ERROR_INVALID_IMAGE = 200,
  CUDA_ERROR_INVALID_CONTEXT = 201,
  CUDA_ERROR_NO_BINARY_FOR_GPU = 209,
  CUDA_ERROR_ECC_UNCORRECTABLE = 214,
  CUDA_ERROR_INVALID_PTX = 218,
  CUDA_ERROR_UNSUPPORTED_PTX_VERSION = 222,
  CUDA_ERROR_INVALID_HANDLE = 400,
  CUDA_ERROR_ILLEGAL_STATE = 401,
  CUDA_ERROR_NOT_FOUND = 500,
  CUDA_ERROR_NOT_READY = 600,
  CUDA_ERROR_ILLEGAL_ADDRESS = 700,
  CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES = 701,
  CUDA_ERROR_LAUNCH_TIMEOUT = 702,
  CUDA_ERROR_CONTEXT_IS_DESTROYED = 709,
  CUDA_ERROR_LAUNCH_FAILED = 719,
  CUDA_ERROR_NOT_SUPPORTED = 801,
  CUDA_ERROR_SYSTEM_NOT_READY = 802,
  CUDA_ERROR_SYSTEM_DRIVER_MISMATCH = 803,
  CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED = 900,
  CUDA_ERROR_STREAM_CAPTURE_INVALIDATED = 901,
  CUDA_ERROR_STREAM_CAPTURE_UNMATCHED = 903,
  CUDA_ERROR_STREAM_CAPTURE_UNJOINED = 904,
  CUDA_ERROR_CAPTURED_EVENT = 907,
  CUDA_ERROR_UNKNOWN = 999
};

/* ---- what devices and functions are asked ---- */
enum {
  CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 1,
  CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X = 5,
  CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK = 8,
  CU_DEVICE_ATTRIBUTE_WARP_SIZE = 10,
  CU_DEVICE_ATTRIBUTE_CLOCK_RATE = 13,
  CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT = 16,
  CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE = 36,
  CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH = 37,
  CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE = 38,
  CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR = 39,
  CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING = 41,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR = 75,
  CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR = 76,
  CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN = 97,
  CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK = 0,
  CU_FUNC_ATTRIBUTE_SHARED_SIZE_BYTES = 1,
  CU_FUNC_ATTRIBUTE_LOCAL_SIZE_BYTES = 3,
  CU_FUNC_ATTRIBUTE_NUM_REGS = 4,
  CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES = 8
};

/* ---- flags ---- */
enum {
  CU_STREAM_DEFAULT = 0,
  CU_STREAM_NON_BLOCKING = 1,
  CU_EVENT_DEFAULT = 0,
  CU_EVENT_BLOCKING_SYNC = 1,
  CU_EVENT_DISABLE_TIMING = 2,
  CU_STREAM_CAPTURE_MODE_GLOBAL = 0,
  CU_STREAM_CAPTURE_MODE_THREAD_LOCAL = 1,
  CU_STREAM_CAPTURE_MODE_RELAXED = 2,
  CU_STREAM_CAPTURE_STATUS_NONE = 0,
  CU_STREAM_CAPTURE_STATUS_ACTIVE = 1,
  CU_STREAM_CAPTURE_STATUS_INVALIDATED = 2
};
/* In cuda.h these are pointers. */
#define LGC_LAUNCH_PARAM_END 0
#define LGC_LAUNCH_PARAM_BUFFER_POINTER 1
#define LGC_LAUNCH_PARAM_BUFFER_SIZE 2

/* Every function: FUNCTION(name, (parameters)). */
#define LGC_DRIVER_FUNCTIONS(FUNCTION)                                                                          \
  FUNCTION(cuInit, (unsigned flags))                                                                            \
  FUNCTION(cuDriverGetVersion, (int* version))                                                                  \
  FUNCTION(cuDeviceGetCount, (int* count))                                                                      \
  FUNCTION(cuDeviceGet, (CUdevice* device, int ordinal))                                                        \
  FUNCTION(cuDeviceGetName, (char* name, int length, CUdevice device))                                          \
  FUNCTION(cuDeviceGetAttribute, (int* value, int attribute, CUdevice device))                                  \
  FUNCTION(cuDeviceTotalMem_v2, (size_t * bytes, CUdevice device))                                              \
  FUNCTION(cuDevicePrimaryCtxRetain, (CUcontext * context, CUdevice device))                                    \
  FUNCTION(cuDevicePrimaryCtxRelease_v2, (CUdevice device))                                                     \
  FUNCTION(cuDevicePrimaryCtxReset_v2, (CUdevice device))                                                       \
  FUNCTION(cuCtxSetCurrent, (CUcontext context))                                                                \
  FUNCTION(cuCtxGetCurrent, (CUcontext * context))                                                              \
  FUNCTION(cuCtxSynchronize, (void))                                                                            \
  FUNCTION(cuMemGetInfo_v2, (size_t * available, size_t * total))                                               \
  FUNCTION(cuMemAlloc_v2, (CUdeviceptr * address, size_t bytes))                                                \
  FUNCTION(cuMemFree_v2, (CUdeviceptr address))                                                                 \
  FUNCTION(cuMemHostAlloc, (void** memory, size_t bytes, unsigned flags))                                       \
  FUNCTION(cuMemFreeHost, (void* memory))                                                                       \
  FUNCTION(cuMemcpyHtoD_v2, (CUdeviceptr to, const void* from, size_t bytes))                                   \
  FUNCTION(cuMemcpyDtoH_v2, (void* to, CUdeviceptr from, size_t bytes))                                         \
  FUNCTION(cuMemcpyHtoDAsync_v2, (CUdeviceptr to, const void* from, size_t bytes, CUstream stream))             \
  FUNCTION(cuMemcpyDtoHAsync_v2, (void* to, CUdeviceptr from, size_t bytes, CUstream stream))                   \
  FUNCTION(cuMemcpyDtoDAsync_v2, (CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream stream))             \
  FUNCTION(cuMemsetD32Async, (CUdeviceptr to, unsigned value, size_t count, CUstream stream))                   \
  FUNCTION(cuStreamCreate, (CUstream * stream, unsigned flags))                                                 \
  FUNCTION(cuStreamDestroy_v2, (CUstream stream))                                                               \
  FUNCTION(cuStreamSynchronize, (CUstream stream))                                                              \
  FUNCTION(cuStreamQuery, (CUstream stream))                                                                    \
  FUNCTION(cuStreamWaitEvent, (CUstream stream, CUevent event, unsigned flags))                                 \
  FUNCTION(cuStreamBeginCapture_v2, (CUstream stream, int mode))                                                \
  FUNCTION(cuStreamEndCapture, (CUstream stream, CUgraph * graph))                                              \
  FUNCTION(cuStreamIsCapturing, (CUstream stream, int* status))                                                 \
  FUNCTION(cuLaunchHostFunc, (CUstream stream, CUhostFn function, void* data))                                  \
  FUNCTION(cuEventCreate, (CUevent * event, unsigned flags))                                                    \
  FUNCTION(cuEventRecord, (CUevent event, CUstream stream))                                                     \
  FUNCTION(cuEventQuery, (CUevent event))                                                                       \
  FUNCTION(cuEventSynchronize, (CUevent event))                                                                 \
  FUNCTION(cuEventElapsedTime_v2, (float* milliseconds, CUevent from, CUevent to))                              \
  FUNCTION(cuEventDestroy_v2, (CUevent event))                                                                  \
  FUNCTION(cuGraphInstantiateWithFlags, (CUgraphExec * exec, CUgraph graph, unsigned long long flags))          \
  FUNCTION(cuGraphLaunch, (CUgraphExec exec, CUstream stream))                                                  \
  FUNCTION(cuGraphUpload, (CUgraphExec exec, CUstream stream))                                                  \
  FUNCTION(cuGraphExecDestroy, (CUgraphExec exec))                                                              \
  FUNCTION(cuGraphDestroy, (CUgraph graph))                                                                     \
  FUNCTION(cuGraphGetNodes, (CUgraph graph, CUgraphNode * nodes, size_t * count))                               \
  FUNCTION(cuModuleLoadData, (CUmodule * module, const void* image))                                            \
  FUNCTION(cuModuleUnload, (CUmodule module))                                                                   \
  FUNCTION(cuModuleGetFunction, (CUfunction * function, CUmodule module, const char* name))                     \
  FUNCTION(cuLibraryLoadData, (CUlibrary * library, const void* code, void* options, void** values,             \
                               unsigned count, void* library_options, void** library_values,                    \
                               unsigned library_count))                                                         \
  FUNCTION(cuLibraryUnload, (CUlibrary library))                                                                \
  FUNCTION(cuLibraryGetKernel, (CUkernel * kernel, CUlibrary library, const char* name))                        \
  FUNCTION(cuKernelGetFunction, (CUfunction * function, CUkernel kernel))                                       \
  FUNCTION(cuFuncGetAttribute, (int* value, int attribute, CUfunction function))                                \
  FUNCTION(cuFuncSetAttribute, (CUfunction function, int attribute, int value))                                 \
  FUNCTION(cuLaunchKernel, (CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z,             \
                            unsigned block_x, unsigned block_y, unsigned block_z, unsigned shared_bytes,        \
                            CUstream stream, void** parameters, void** extra))                                  \
  FUNCTION(cuOccupancyMaxActiveBlocksPerMultiprocessor,                                                         \
           (int* blocks, CUfunction function, int block_size, size_t shared_bytes))                             \
  FUNCTION(cuGetErrorName, (CUresult error, const char** name))                                                 \
  FUNCTION(cuGetErrorString, (CUresult error, const char** text))                                               \
  FUNCTION(cuGetProcAddress_v2, (const char* symbol, void** function, int version, uint64_t flags, int* status))

#define LGC_DECLARE(name, parameters) __attribute__((visibility("default"))) CUresult name parameters;
LGC_DRIVER_FUNCTIONS(LGC_DECLARE)
#undef LGC_DECLARE

/* ---- what tests tell this library, and ask it ------------------------------------------------------------------------- */

/*
 * Settings, separated by semicolons; also read from the environment variable LANGEVIN_CUDA_DRIVER when the library is loaded:
 *
 *   devices=N           how many there are (1)
 *   version=N           of the driver: 13000 is 13.0 (13000)
 *   capability=N        of the device: 90 is 9.0 (90)
 *   memory=BYTES        of the device (8589934592)
 *   mode=late|eager     when work is done that is put into a stream: as late as synchronising allows, which shows what is
 *                       missing of that (late), or at once
 *   kernels=run|skip    skip: kernels do nothing, for measuring what is around them (run)
 *   order=forward|backward|shuffled|warps   of a block's threads (forward)
 *   workers=N           threads of the system that share a kernel's blocks (1)
 *   fail=FUNCTION@N:CODE   the N-th call from now on (1) of a function answers a code (CUDA_ERROR_UNKNOWN); FUNCTION may be
 *                       `kernel`: the N-th kernel that runs from now on fails, which later calls tell, as on a device
 *   vanish=N:CODE       the device is gone from the N-th call on (1): all answer a code (CUDA_ERROR_UNKNOWN)
 *   reset               all as it was when the library was loaded, but for counts; the device is back; what is allocated stays,
 *                       and is the peak from here on
 *
 * Returns 0, or -1 if it is not understood, with a sentence on stderr.
 */
__attribute__((visibility("default"))) int32_t lgcDriverControl(const char* settings);

/*
 * How many there are now: blocks, bytes, host_blocks, streams, events, modules, graphs, execs, pending (in streams, not done);
 * since loading or, the peak, since `reset`: peak (bytes), launches, replays, kernels (that ran), calls, overruns (bytes
 * written behind blocks, found when those are freed); of one function, by its name, calls; by `nanoseconds ` and its name,
 * the time within them, kernels that they do included. -1 for another word.
 */
__attribute__((visibility("default"))) int64_t lgcDriverCount(const char* what);

#ifdef __cplusplus
}
#endif
#endif
