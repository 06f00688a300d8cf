// Devices, their context, errors and the look-up of functions.
#include <string.h>

#include "driver.h"

using namespace driver;

namespace {

bool is_device(CUdevice device) { return device >= 0 && device < state().settings.devices; }

const struct {
  CUresult code;
  const char* name;
  const char* text;
} ERRORS[] = {
#define LGC_ERROR(name, text) {name, #name, text},
    LGC_ERROR(CUDA_SUCCESS, "no error")
    LGC_ERROR(CUDA_ERROR_INVALID_VALUE, "invalid argument")
    LGC_ERROR(CUDA_ERROR_OUT_OF_MEMORY, "out of memory")
    LGC_ERROR(CUDA_ERROR_NOT_INITIALIZED, "initialization error")
    LGC_ERROR(CUDA_ERROR_DEINITIALIZED, "driver shutting down")
    LGC_ERROR(CUDA_ERROR_STUB_LIBRARY, "CUDA driver is a stub library")
    LGC_ERROR(CUDA_ERROR_DEVICE_UNAVAILABLE, "CUDA-capable device(s) is/are busy or unavailable")
    LGC_ERROR(CUDA_ERROR_NO_DEVICE, "no CUDA-capable device is detected")
    LGC_ERROR(CUDA_ERROR_INVALID_DEVICE, "invalid device ordinal")
    LGC_ERROR(CUDA_ERROR_INVALID_IMAGE, "device kernel image is invalid")
    LGC_ERROR(CUDA_ERROR_INVALID_CONTEXT, "invalid device context")
    LGC_ERROR(CUDA_ERROR_NO_BINARY_FOR_GPU, "no kernel image is available for execution on the device")
    LGC_ERROR(CUDA_ERROR_ECC_UNCORRECTABLE, "uncorrectable ECC error encountered")
    LGC_ERROR(CUDA_ERROR_INVALID_PTX, "a PTX JIT compilation failed")
    LGC_ERROR(CUDA_ERROR_UNSUPPORTED_PTX_VERSION, "the provided PTX was compiled with an unsupported toolchain")
    LGC_ERROR(CUDA_ERROR_INVALID_HANDLE, "invalid resource handle")
    LGC_ERROR(CUDA_ERROR_ILLEGAL_STATE, "the operation cannot be performed in the present state")
    LGC_ERROR(CUDA_ERROR_NOT_FOUND, "named symbol not found")
    LGC_ERROR(CUDA_ERROR_NOT_READY, "device not ready")
    LGC_ERROR(CUDA_ERROR_ILLEGAL_ADDRESS, "an illegal memory access was encountered")
    LGC_ERROR(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES, "too many resources requested for launch")
    LGC_ERROR(CUDA_ERROR_LAUNCH_TIMEOUT, "the launch timed out and was terminated")
    LGC_ERROR(CUDA_ERROR_CONTEXT_IS_DESTROYED, "context is destroyed")
    LGC_ERROR(CUDA_ERROR_LAUNCH_FAILED, "unspecified launch failure")
    LGC_ERROR(CUDA_ERROR_NOT_SUPPORTED, "operation not supported")
    LGC_ERROR(CUDA_ERROR_SYSTEM_NOT_READY, "system not yet initialized")
    LGC_ERROR(CUDA_ERROR_SYSTEM_DRIVER_MISMATCH, "system has unsupported display driver / cuda driver combination")
    LGC_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "operation not permitted when stream is capturing")
    LGC_ERROR(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, "operation failed due to a previous error during capture")
    LGC_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, "capture was not ended in the same stream as it began")
    LGC_ERROR(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, "capturing stream has unjoined work")
    LGC_ERROR(CUDA_ERROR_CAPTURED_EVENT, "operation not permitted on an event last recorded in a capturing stream")
    LGC_ERROR(CUDA_ERROR_UNKNOWN, "unknown error")
};

}  // namespace

CUresult cuInit(unsigned flags) {
  BEGIN(NOTHING)
  REQUIRE(flags == 0, CUDA_ERROR_INVALID_VALUE)
  REQUIRE(state().settings.devices > 0, CUDA_ERROR_NO_DEVICE)
  state().initialised = true;
  return CUDA_SUCCESS;
}

CUresult cuDriverGetVersion(int* version) {
  BEGIN(NOTHING)
  REQUIRE(version != nullptr, CUDA_ERROR_INVALID_VALUE)
  *version = state().settings.version;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetCount(int* count) {
  BEGIN(INITIALISED)
  REQUIRE(count != nullptr, CUDA_ERROR_INVALID_VALUE)
  *count = state().settings.devices;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGet(CUdevice* device, int ordinal) {
  BEGIN(INITIALISED)
  REQUIRE(device != nullptr, CUDA_ERROR_INVALID_VALUE)
  REQUIRE(is_device(ordinal), CUDA_ERROR_INVALID_DEVICE)
  *device = ordinal;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetName(char* name, int length, CUdevice device) {
  BEGIN(INITIALISED)
  REQUIRE(name != nullptr && length > 0, CUDA_ERROR_INVALID_VALUE)
  REQUIRE(is_device(device), CUDA_ERROR_INVALID_DEVICE)
  strncpy(name, "Langevin emulated device", (size_t)length - 1);
  name[length - 1] = 0;
  return CUDA_SUCCESS;
}

CUresult cuDeviceGetAttribute(int* value, int attribute, CUdevice device) {
  BEGIN(INITIALISED)
  REQUIRE(value != nullptr, CUDA_ERROR_INVALID_VALUE)
  REQUIRE(is_device(device), CUDA_ERROR_INVALID_DEVICE)
  const int capability = state().settings.capability;
  const std::map<int, int> values = {
      {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_BLOCK, 1024},
      {CU_DEVICE_ATTRIBUTE_MAX_GRID_DIM_X, 2147483647},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK, 48 << 10},
      {CU_DEVICE_ATTRIBUTE_WARP_SIZE, 32},
      {CU_DEVICE_ATTRIBUTE_CLOCK_RATE, 1000000},
      {CU_DEVICE_ATTRIBUTE_MULTIPROCESSOR_COUNT, 2},
      {CU_DEVICE_ATTRIBUTE_MEMORY_CLOCK_RATE, 1000000},
      {CU_DEVICE_ATTRIBUTE_GLOBAL_MEMORY_BUS_WIDTH, 128},
      {CU_DEVICE_ATTRIBUTE_L2_CACHE_SIZE, 1 << 20},
      {CU_DEVICE_ATTRIBUTE_MAX_THREADS_PER_MULTIPROCESSOR, 2048},
      {CU_DEVICE_ATTRIBUTE_UNIFIED_ADDRESSING, 1},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, capability / 10},
      {CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, capability % 10},
      {CU_DEVICE_ATTRIBUTE_MAX_SHARED_MEMORY_PER_BLOCK_OPTIN, 99 << 10},
  };
  const auto found = values.find(attribute);
  REQUIRE(found != values.end(), CUDA_ERROR_INVALID_VALUE)
  *value = found->second;
  return CUDA_SUCCESS;
}

CUresult cuDeviceTotalMem_v2(size_t* bytes, CUdevice device) {
  BEGIN(INITIALISED)
  REQUIRE(bytes != nullptr, CUDA_ERROR_INVALID_VALUE)
  REQUIRE(is_device(device), CUDA_ERROR_INVALID_DEVICE)
  *bytes = state().settings.memory;
  return CUDA_SUCCESS;
}

// All devices share one context: memory and streams are the same whichever it is.
CUresult cuDevicePrimaryCtxRetain(CUcontext* context, CUdevice device) {
  BEGIN(INITIALISED)
  REQUIRE(context != nullptr, CUDA_ERROR_INVALID_VALUE)
  REQUIRE(is_device(device), CUDA_ERROR_INVALID_DEVICE)
  state().retained++;
  *context = reinterpret_cast<CUcontext>(&state());
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxRelease_v2(CUdevice device) {
  BEGIN(INITIALISED)
  REQUIRE(is_device(device), CUDA_ERROR_INVALID_DEVICE)
  REQUIRE(state().retained > 0, CUDA_ERROR_INVALID_CONTEXT)
  if (--state().retained == 0) {
    state().sticky = CUDA_SUCCESS;  // the next to retain it gets a new one
  }
  return CUDA_SUCCESS;
}

CUresult cuDevicePrimaryCtxReset_v2(CUdevice device) {
  BEGIN(INITIALISED)
  REQUIRE(is_device(device), CUDA_ERROR_INVALID_DEVICE)
  state().sticky = CUDA_SUCCESS;
  return CUDA_SUCCESS;
}

CUresult cuCtxGetCurrent(CUcontext* context) {
  BEGIN(INITIALISED)
  REQUIRE(context != nullptr, CUDA_ERROR_INVALID_VALUE)
  *context = is_current() ? reinterpret_cast<CUcontext>(&state()) : nullptr;
  return CUDA_SUCCESS;
}

CUresult cuCtxSynchronize(void) {
  BEGIN(CONTEXT)
  const CUresult refused = unsafe_in_capture();
  return refused != CUDA_SUCCESS ? refused : finish_all();
}

// These two answer whatever the device's state is: they are for telling it.
CUresult cuGetErrorName(CUresult error, const char** name) {
  REQUIRE(name != nullptr, CUDA_ERROR_INVALID_VALUE)
  *name = nullptr;
  for (const auto& one : ERRORS) {
    *name = one.code == error ? one.name : *name;
  }
  return *name == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

CUresult cuGetErrorString(CUresult error, const char** text) {
  REQUIRE(text != nullptr, CUDA_ERROR_INVALID_VALUE)
  *text = nullptr;
  for (const auto& one : ERRORS) {
    *text = one.code == error ? one.text : *text;
  }
  return *text == nullptr ? CUDA_ERROR_INVALID_VALUE : CUDA_SUCCESS;
}

// By the name with or without its version.
CUresult cuGetProcAddress_v2(const char* symbol, void** function, int, uint64_t, int* status) {
  REQUIRE(symbol != nullptr && function != nullptr, CUDA_ERROR_INVALID_VALUE)
#define LGC_ADDRESS(name, parameters) {#name, reinterpret_cast<void*>(&name)},
  static const std::map<std::string, void*> functions = {LGC_DRIVER_FUNCTIONS(LGC_ADDRESS)};
  auto found = functions.find(symbol);
  found = found == functions.end() ? functions.find(std::string(symbol) + "_v2") : found;
  const bool there = found != functions.end();
  *function = there ? found->second : nullptr;
  if (status != nullptr) {
    *status = there ? 0 : 1;  // CU_GET_PROC_ADDRESS_SYMBOL_NOT_FOUND
  }
  return there ? CUDA_SUCCESS : CUDA_ERROR_NOT_FOUND;
}
