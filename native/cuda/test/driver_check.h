// What the tests of the driver on the processor share.
#ifndef LANGEVIN_CUDA_TEST_DRIVER_CHECK_H
#define LANGEVIN_CUDA_TEST_DRIVER_CHECK_H

#include "check.h"
#include "cuda_driver.h"
#include "langevin_cuda.h"

namespace test {

inline std::string name_of(CUresult error) {
  const char* name = nullptr;
  return cuGetErrorName(error, &name) == CUDA_SUCCESS ? name : std::to_string(error);
}

#define CHECK_CUDA(expected, call)                                                                            \
  do {                                                                                                        \
    const CUresult result_ = (call);                                                                          \
    if (result_ != (expected)) {                                                                              \
      test::fail(__FILE__, __LINE__, #call " answered " + test::name_of(result_) + ", expected " #expected); \
    }                                                                                                         \
  } while (0)
#define OK(call) CHECK_CUDA(CUDA_SUCCESS, call)

// A context of a fresh device with a stream and a module; when it ends nothing may be left.
class Device {
 public:
  explicit Device(const char* settings = "") {
    CHECK(lgcDriverControl("reset") == 0 && lgcDriverControl(settings) == 0);
    OK(cuInit(0));
    OK(cuDevicePrimaryCtxRetain(&context, 0));
    OK(cuCtxSetCurrent(context));
    OK(cuStreamCreate(&stream, CU_STREAM_NON_BLOCKING));
    OK(cuModuleLoadData(&module, "langevin emulated kernels"));
  }

  ~Device() {
    lgcDriverControl("reset");
    OK(cuModuleUnload(module));
    OK(cuStreamDestroy_v2(stream));
    OK(cuCtxSetCurrent(nullptr));
    OK(cuDevicePrimaryCtxRelease_v2(0));
    for (const char* what : {"blocks", "bytes", "host_blocks", "streams", "events", "modules", "graphs", "execs", "pending", "overruns"}) {
      if (lgcDriverCount(what) != 0) {
        fail(__FILE__, __LINE__, text("%ld %s are left", (long)lgcDriverCount(what), what));
      }
    }
  }

  CUfunction function(const char* name) const {
    CUfunction found = nullptr;
    OK(cuModuleGetFunction(&found, module, name));
    return found;
  }

  // y = b x, which shows whether a kernel has run: lgc_axpby without its first term.
  CUresult scale(CUstream to, CUdeviceptr x, CUdeviceptr y, int64_t elements, double b) const {
    lgc_axpby_args args = {};
    args.x = args.y = reinterpret_cast<const float*>(x);
    args.target = reinterpret_cast<float*>(y);
    args.elements = elements;
    args.b = b;
    void* parameters[] = {&args};
    const unsigned blocks = (unsigned)((elements + LGC_POINTWISE_THREADS - 1) / LGC_POINTWISE_THREADS);
    return cuLaunchKernel(function("lgc_axpby"), blocks, 1, 1, LGC_POINTWISE_THREADS, 1, 1, 0, to, parameters, nullptr);
  }

  CUcontext context = nullptr;
  CUstream stream = nullptr;
  CUmodule module = nullptr;
};

// A block of the device.
class Memory {
 public:
  explicit Memory(size_t bytes) { OK(cuMemAlloc_v2(&address, bytes)); }
  ~Memory() { OK(cuMemFree_v2(address)); }
  Memory(const Memory&) = delete;
  Memory& operator=(const Memory&) = delete;
  operator CUdeviceptr() const { return address; }
  CUdeviceptr address = 0;
};

}  // namespace test

#endif
