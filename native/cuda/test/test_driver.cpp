// The driver on the processor: devices, memory, streams, events, modules and launches.
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cmath>

#include "driver_check.h"

using namespace test;

namespace {

// First: what cannot be undone within a process.
TEST("driver", "is of no use before cuInit, and says so") {
  int count = 0;
  CUcontext context = nullptr;
  CHECK_CUDA(CUDA_ERROR_NOT_INITIALIZED, cuDeviceGetCount(&count));
  CHECK_CUDA(CUDA_ERROR_NOT_INITIALIZED, cuDevicePrimaryCtxRetain(&context, 0));
  lgcDriverControl("devices=0");
  CHECK_CUDA(CUDA_ERROR_NO_DEVICE, cuInit(0));
  lgcDriverControl("reset");
  OK(cuInit(0));
  size_t bytes = 0;
  CHECK_CUDA(CUDA_ERROR_INVALID_CONTEXT, cuMemGetInfo_v2(&bytes, &bytes));
}

TEST("driver", "describes a device as it is told to") {
  const Device device("version=12040;capability=86;memory=1048576");
  int version = 0, count = 0, major = 0, minor = 0, warp = 0;
  char name[64];
  size_t total = 0, available = 0;
  OK(cuDriverGetVersion(&version));
  OK(cuDeviceGetCount(&count));
  OK(cuDeviceGetAttribute(&major, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MAJOR, 0));
  OK(cuDeviceGetAttribute(&minor, CU_DEVICE_ATTRIBUTE_COMPUTE_CAPABILITY_MINOR, 0));
  OK(cuDeviceGetAttribute(&warp, CU_DEVICE_ATTRIBUTE_WARP_SIZE, 0));
  OK(cuDeviceGetName(name, sizeof name, 0));
  OK(cuDeviceTotalMem_v2(&total, 0));
  OK(cuMemGetInfo_v2(&available, &total));
  CHECK(version == 12040 && count == 1 && major == 8 && minor == 6 && warp == 32);
  CHECK(strcmp(name, "Langevin emulated device") == 0 && total == 1 << 20 && available == 1 << 20);
  CUdevice other = 0;
  CHECK_CUDA(CUDA_ERROR_INVALID_DEVICE, cuDeviceGet(&other, 1));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuDeviceGetAttribute(&major, 100000, 0));
}

TEST("driver", "gives aligned memory that is not a number, and takes it back") {
  const Device device;
  for (const size_t bytes : {(size_t)1, (size_t)255, (size_t)256, (size_t)4096, (size_t)1000001}) {
    const Memory memory(bytes);
    CHECK(memory % 256 == 0 && lgcDriverCount("bytes") == (int64_t)bytes && lgcDriverCount("blocks") == 1);
    std::vector<unsigned char> host(bytes, 0);
    OK(cuMemcpyDtoH_v2(host.data(), memory, bytes));
    CHECK(host == std::vector<unsigned char>(bytes, 0xff));
  }
  CUdeviceptr address = 0;
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuMemAlloc_v2(&address, 0));
  OK(cuMemAlloc_v2(&address, 10));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuMemFree_v2(address + 1));
  OK(cuMemFree_v2(address));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuMemFree_v2(address));
}

TEST("driver", "is out of memory at its limit, to the byte, and has room again after a free") {
  const Device device("memory=1000");
  CUdeviceptr first = 0, second = 0;
  OK(cuMemAlloc_v2(&first, 600));
  CHECK_CUDA(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc_v2(&second, 401));
  CHECK_CUDA(CUDA_ERROR_OUT_OF_MEMORY, cuMemAlloc_v2(&second, SIZE_MAX));
  OK(cuMemAlloc_v2(&second, 400));
  size_t available = 1, total = 0;
  OK(cuMemGetInfo_v2(&available, &total));
  CHECK(available == 0 && total == 1000 && lgcDriverCount("peak") >= 1000);
  OK(cuMemFree_v2(first));
  OK(cuMemAlloc_v2(&first, 600));
  OK(cuMemFree_v2(first));
  OK(cuMemFree_v2(second));
}

TEST("driver", "refuses copies that leave a block") {
  const Device device;
  const Memory memory(100);
  char host[200] = {};
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuMemcpyHtoD_v2(memory, host, 101));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuMemcpyHtoDAsync_v2(memory + 50, host, 51, device.stream));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuMemcpyDtoHAsync_v2(host, memory - 1, 1, device.stream));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuMemcpyDtoDAsync_v2(memory, memory + 99, 2, device.stream));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuMemsetD32Async(memory, 0, 26, device.stream));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuMemsetD32Async(memory + 2, 0, 1, device.stream));
  OK(cuMemcpyHtoDAsync_v2(memory + 50, host, 50, device.stream));
}

// Whether a program that does this ends by a signal. The sanitizers would report it first.
template <typename Body>
bool crashes(const Body& body) {
  const pid_t child = fork();
  if (child == 0) {
    if (freopen("/dev/null", "w", stderr) == nullptr) {
      _exit(3);
    }
    body();
    _exit(0);
  }
  int status = 0;
  waitpid(child, &status, 0);
  return WIFSIGNALED(status) || WEXITSTATUS(status) == 1;
}

TEST("driver", "ends a program whose kernel leaves its memory, and tells of bytes written behind a block") {
  const Device device;
  const Memory x(4096), y(4096);
  CHECK(!crashes([&] { device.scale(device.stream, x, y, 1024, 1); cuStreamSynchronize(device.stream); }));
  CHECK(crashes([&] { device.scale(device.stream, x, y, 1025, 1); cuStreamSynchronize(device.stream); }));
  CHECK(crashes([&] { device.scale(device.stream, x - 4096, y, 16, 1); cuStreamSynchronize(device.stream); }));
  CHECK(!crashes([&] {
    CUdeviceptr small = 0;  // what follows it up to the next page is its own
    if (cuMemAlloc_v2(&small, 40) == CUDA_SUCCESS && device.scale(device.stream, x, small, 11, 1) == CUDA_SUCCESS &&
        cuStreamSynchronize(device.stream) == CUDA_SUCCESS && cuMemFree_v2(small) == CUDA_ERROR_ILLEGAL_ADDRESS &&
        lgcDriverCount("overruns") == 4) {
      _exit(0);
    }
    _exit(1);
  }));
}

TEST("driver", "does what is in a stream when somebody waits for it, not before") {
  const Device device;
  const Memory x(400), y(400);
  std::vector<float> in(100, 2.0f), out(100, 0.0f);
  OK(cuMemcpyHtoDAsync_v2(x, in.data(), 400, device.stream));
  OK(device.scale(device.stream, x, y, 100, 3));
  OK(cuMemcpyDtoHAsync_v2(out.data(), y, 400, device.stream));
  CHECK(out[0] == 0 && lgcDriverCount("pending") == 3 && lgcDriverCount("kernels") == 0);
  CHECK_CUDA(CUDA_ERROR_NOT_READY, cuStreamQuery(device.stream));
  in.assign(100, 50.0f);  // has been read by now, and by no later work
  OK(cuStreamSynchronize(device.stream));
  CHECK(out == std::vector<float>(100, 6.0f) && lgcDriverCount("pending") == 0 && lgcDriverCount("kernels") == 1);
  OK(cuMemsetD32Async(y, 0x3f800000, 100, device.stream));
  OK(cuMemcpyDtoDAsync_v2(x, y, 400, device.stream));
  OK(cuMemcpyDtoHAsync_v2(out.data(), x, 400, device.stream));
  int asked = 0;
  while (cuStreamQuery(device.stream) == CUDA_ERROR_NOT_READY) {
    asked++;
  }
  CHECK(asked == 3 && out[99] == 1.0f);
}

TEST("driver", "does it at once if told so") {
  const Device device("mode=eager");
  const Memory x(4);
  float out = 0;
  OK(cuMemsetD32Async(x, 0x40000000, 1, device.stream));
  OK(cuMemcpyDtoHAsync_v2(&out, x, 4, device.stream));
  CHECK(out == 2.0f);
}

TEST("driver", "keeps streams apart, but for what waits for an event or the stream 0") {
  const Device device;
  CUstream second = nullptr, blocking = nullptr;
  CUevent event = nullptr, timed = nullptr;
  OK(cuStreamCreate(&second, CU_STREAM_NON_BLOCKING));
  OK(cuStreamCreate(&blocking, CU_STREAM_DEFAULT));
  OK(cuEventCreate(&event, CU_EVENT_DISABLE_TIMING));
  OK(cuEventCreate(&timed, CU_EVENT_DEFAULT));
  const Memory x(4), y(4), z(4);
  float out = 0;
  OK(cuMemsetD32Async(x, 0x3f800000, 1, device.stream));
  OK(cuEventRecord(event, device.stream));
  OK(cuMemsetD32Async(x, 0x40000000, 1, device.stream));  // behind the event: not waited for
  OK(cuStreamWaitEvent(second, event, 0));
  OK(device.scale(second, x, y, 1, 5));
  OK(cuMemcpyDtoHAsync_v2(&out, y, 4, second));
  CHECK_CUDA(CUDA_ERROR_NOT_READY, cuEventQuery(event));
  OK(cuStreamSynchronize(second));
  CHECK(out == 5.0f && lgcDriverCount("pending") == 1);
  OK(cuEventQuery(event));
  OK(cuMemsetD32Async(z, 0x40800000, 1, blocking));
  OK(cuMemcpyDtoH_v2(&out, z, 4));  // of the stream 0: waits for the blocking one alone
  CHECK(out == 4.0f && lgcDriverCount("pending") == 1);
  OK(cuEventRecord(timed, second));
  float milliseconds = -1;
  CHECK_CUDA(CUDA_ERROR_NOT_READY, cuEventElapsedTime_v2(&milliseconds, timed, timed));
  OK(cuEventSynchronize(timed));
  OK(cuEventElapsedTime_v2(&milliseconds, timed, timed));
  CHECK(milliseconds == 0);
  CHECK_CUDA(CUDA_ERROR_INVALID_HANDLE, cuEventElapsedTime_v2(&milliseconds, event, timed));
  OK(cuCtxSynchronize());
  CHECK(lgcDriverCount("pending") == 0);
  OK(cuEventDestroy_v2(event));
  OK(cuEventDestroy_v2(timed));
  CHECK_CUDA(CUDA_ERROR_INVALID_HANDLE, cuEventRecord(event, second));
  OK(cuStreamDestroy_v2(second));
  OK(cuStreamDestroy_v2(blocking));
  CHECK_CUDA(CUDA_ERROR_INVALID_HANDLE, cuStreamSynchronize(second));
}

TEST("driver", "loads images, and knows every kernel by its name alone") {
  const Device device;
  CUmodule module = nullptr;
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuModuleLoadData(&module, nullptr));
  CHECK_CUDA(CUDA_ERROR_INVALID_IMAGE, cuModuleLoadData(&module, "some text or other"));
  OK(cuModuleLoadData(&module, "\x7f" "ELF and what follows"));
  OK(cuModuleUnload(module));
  CHECK_CUDA(CUDA_ERROR_INVALID_HANDLE, cuModuleUnload(module));
  CUfunction function = nullptr;
  CHECK_CUDA(CUDA_ERROR_NOT_FOUND, cuModuleGetFunction(&function, device.module, "lgc_axpb"));
  CUlibrary library = nullptr;
  CUkernel kernel = nullptr;
  OK(cuLibraryLoadData(&library, ".version 8.0", nullptr, nullptr, 0, nullptr, nullptr, 0));
  OK(cuLibraryGetKernel(&kernel, library, "lgc_group_norm"));
  OK(cuKernelGetFunction(&function, kernel));
  int threads = 0;
  OK(cuFuncGetAttribute(&threads, CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK, function));
  CHECK(threads == LGC_GROUP_NORM_THREADS && function == device.function("lgc_group_norm"));
  OK(cuLibraryUnload(library));
}

TEST("driver", "takes a launch's argument either way, and refuses a launch that cannot be") {
  const Device device;
  const Memory x(4), y(4);
  OK(cuMemsetD32Async(x, 0x3f800000, 1, device.stream));
  lgc_axpby_args args = {};
  args.y = reinterpret_cast<const float*>(x.address);
  args.target = reinterpret_cast<float*>(y.address);
  args.elements = 1;
  args.b = 7;
  size_t bytes = sizeof args;
  void* extra[] = {(void*)LGC_LAUNCH_PARAM_BUFFER_POINTER, &args, (void*)LGC_LAUNCH_PARAM_BUFFER_SIZE, &bytes,
                   (void*)LGC_LAUNCH_PARAM_END};
  const CUfunction function = device.function("lgc_axpby");
  OK(cuLaunchKernel(function, 1, 1, 1, 256, 1, 1, 0, device.stream, nullptr, extra));
  args.b = 9;  // the launch has its own copy
  float out = 0;
  OK(cuMemcpyDtoHAsync_v2(&out, y, 4, device.stream));
  OK(cuStreamSynchronize(device.stream));
  CHECK(out == 7.0f);
  bytes--;
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuLaunchKernel(function, 1, 1, 1, 256, 1, 1, 0, device.stream, nullptr, extra));
  void* parameters[] = {&args};
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuLaunchKernel(function, 0, 1, 1, 256, 1, 1, 0, device.stream, parameters, nullptr));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuLaunchKernel(function, 1, 65536, 1, 256, 1, 1, 0, device.stream, parameters, nullptr));
  CHECK_CUDA(CUDA_ERROR_INVALID_VALUE, cuLaunchKernel(function, 1, 1, 1, 1025, 1, 1, 0, device.stream, parameters, nullptr));
  CHECK_CUDA(CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES,
             cuLaunchKernel(function, 1, 1, 1, 512, 1, 1, 0, device.stream, parameters, nullptr));
  CHECK_CUDA(CUDA_ERROR_INVALID_HANDLE, cuLaunchKernel(nullptr, 1, 1, 1, 1, 1, 1, 0, device.stream, parameters, nullptr));
}

TEST("driver", "gives the same bits in every order of threads and with several workers") {
  std::vector<std::vector<float>> results;
  for (const char* settings : {"order=forward", "order=backward", "order=shuffled", "order=warps", "workers=4"}) {
    const Device device(settings);
    const Memory x(40000), y(40000);
    std::vector<float> host(10000);
    for (size_t i = 0; i < host.size(); i++) {
      host[i] = std::sin((float)i);
    }
    OK(cuMemcpyHtoD_v2(x, host.data(), 40000));
    lgc_row_norm_args args = {};
    args.src = reinterpret_cast<const void*>(x.address);
    args.dst = reinterpret_cast<void*>(y.address);
    args.rows = args.spatial = 100;
    args.channels = 100;
    args.eps = 1e-5;
    void* parameters[] = {&args};
    OK(cuLaunchKernel(device.function("lgc_row_norm"), 25, 1, 1, 128, 1, 1, 0, device.stream, parameters, nullptr));
    OK(cuMemcpyDtoHAsync_v2(host.data(), y, 40000, device.stream));
    OK(cuStreamSynchronize(device.stream));
    results.push_back(host);
    CHECK(results[0] == host && std::isfinite(host[5]));
  }
}

TEST("driver", "finds its functions by name, with or without the version") {
  void *first = nullptr, *second = nullptr;
  int status = 9;
  OK(cuGetProcAddress_v2("cuMemAlloc", &first, 13000, 0, &status));
  OK(cuGetProcAddress_v2("cuMemAlloc_v2", &second, 13000, 0, nullptr));
  CHECK(first == second && first == reinterpret_cast<void*>(&cuMemAlloc_v2) && status == 0);
  CHECK_CUDA(CUDA_ERROR_NOT_FOUND, cuGetProcAddress_v2("cuMemPoolCreate", &first, 13000, 0, &status));
  CHECK(first == nullptr && status == 1);
}

}  // namespace
