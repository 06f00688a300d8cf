// Faults on demand: each is told once where it strikes, and after it the device is as usable as a real one would be.
#include "driver_check.h"

using namespace test;

namespace {

TEST("driver_faults", "a call fails when it is told to, once") {
  const Device device("fail=cuMemAlloc_v2@3:2;fail=cuStreamSynchronize:702");
  CUdeviceptr address[3];
  OK(cuMemAlloc_v2(&address[0], 8));
  OK(cuMemAlloc_v2(&address[1], 8));
  CHECK_CUDA(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc_v2(&address[2], 8));
  OK(cuMemAlloc_v2(&address[2], 8));
  CHECK_CUDA(CUDA_ERROR_LAUNCH_TIMEOUT, cuStreamSynchronize(device.stream));
  OK(cuStreamSynchronize(device.stream));
  for (const CUdeviceptr one : address) {
    OK(cuMemFree_v2(one));
  }
}

TEST("driver_faults", "a kernel that fails is told by what waits for it, and by all that follows in its context") {
  const Device device("fail=kernel@2:700");
  CUdeviceptr x = 0;
  OK(cuMemAlloc_v2(&x, 4));
  OK(cuMemsetD32Async(x, 0, 1, device.stream));
  OK(device.scale(device.stream, x, x, 1, 2));
  OK(device.scale(device.stream, x, x, 1, 2));
  CHECK_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, cuStreamSynchronize(device.stream));
  CUdeviceptr other = 0;
  CHECK_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, cuMemAlloc_v2(&other, 4));
  CHECK_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, cuMemsetD32Async(x, 0, 1, device.stream));
  CHECK_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, cuMemFree_v2(x));  // yet it is given back
  CHECK(lgcDriverCount("blocks") == 0);
  OK(cuDevicePrimaryCtxReset_v2(0));
  const Memory again(4);
  OK(device.scale(device.stream, again, again, 1, 2));
  OK(cuStreamSynchronize(device.stream));
}

TEST("driver_faults", "a device that is gone answers nothing else until it is back") {
  const Device device;
  const Memory x(4);
  CHECK(lgcDriverControl("vanish=2:46") == 0);
  OK(cuStreamQuery(device.stream));
  int count = 0;
  CHECK_CUDA(CUDA_ERROR_DEVICE_UNAVAILABLE, cuStreamSynchronize(device.stream));
  CHECK_CUDA(CUDA_ERROR_DEVICE_UNAVAILABLE, cuMemFree_v2(x));
  CHECK_CUDA(CUDA_ERROR_DEVICE_UNAVAILABLE, cuDeviceGetCount(&count));
  CHECK(name_of(CUDA_ERROR_DEVICE_UNAVAILABLE) == "CUDA_ERROR_DEVICE_UNAVAILABLE");
  CHECK(lgcDriverControl("reset") == 0);
  OK(cuStreamSynchronize(device.stream));
}

TEST("driver_faults", "kernels that do nothing leave everything else as it is") {
  const Device device("kernels=skip");
  const Memory x(4), y(4);
  float out = 0;
  OK(cuMemsetD32Async(x, 0x3f800000, 1, device.stream));
  OK(cuMemsetD32Async(y, 0x40000000, 1, device.stream));
  const int64_t kernels = lgcDriverCount("kernels");
  OK(device.scale(device.stream, x, y, 1, 9));
  OK(cuMemcpyDtoHAsync_v2(&out, y, 4, device.stream));
  OK(cuStreamSynchronize(device.stream));
  CHECK(out == 2.0f && lgcDriverCount("kernels") == kernels + 1);
}

TEST("driver_faults", "memory that is freed before work on it is done ends as on a device") {
  const Device device;
  CUdeviceptr x = 0;
  CUgraph graph = nullptr;
  CUgraphExec exec = nullptr;
  OK(cuMemAlloc_v2(&x, 4));
  OK(cuStreamBeginCapture_v2(device.stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  OK(cuMemsetD32Async(x, 0, 1, device.stream));
  OK(cuStreamEndCapture(device.stream, &graph));
  OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
  OK(cuMemFree_v2(x));
  OK(cuGraphLaunch(exec, device.stream));
  CHECK_CUDA(CUDA_ERROR_ILLEGAL_ADDRESS, cuStreamSynchronize(device.stream));
  OK(cuGraphExecDestroy(exec));
  OK(cuGraphDestroy(graph));
}

TEST("driver_faults", "settings that are not understood are refused, and counts of nothing are -1") {
  for (const char* settings : {"devices", "devices=x", "mode=soon", "fail=@1", "fail=cuInit@0", "vanish=-1", "order=", "what=1",
                               "kernels=maybe", "fail=cuInit@1:x"}) {
    if (lgcDriverControl(settings) != -1) {
      fail(__FILE__, __LINE__, std::string("understood '") + settings + "'");
    }
  }
  CHECK(lgcDriverControl(nullptr) == -1 && lgcDriverControl("") == 0 && lgcDriverControl("reset;devices=2;;") == 0);
  CHECK(lgcDriverCount("nothing") == -1 && lgcDriverCount(nullptr) == -1 && lgcDriverCount("cuGraphUpload") == 0);
  CHECK(lgcDriverCount("cuInit") > 0);
  CHECK(lgcDriverCount("nanoseconds cuInit") > 0 && lgcDriverCount("nanoseconds cuGraphUpload") == 0);
  CHECK(lgcDriverCount("nanoseconds ") == -1 && lgcDriverCount("nanoseconds nothing") == -1);
  lgcDriverControl("reset");
}

}  // namespace
