// Capturing and replaying: a step of a chain as one graph, and what must not be captured.
#include "driver_check.h"

using namespace test;

namespace {

TEST("driver_graphs", "capturing does nothing, replaying all of it, each time with what memory then holds") {
  const Device device;
  const Memory x(4), y(4);
  float in = 1, out = 0;
  CUgraph graph = nullptr;
  CUgraphExec exec = nullptr;
  OK(cuStreamBeginCapture_v2(device.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  int status = -1;
  OK(cuStreamIsCapturing(device.stream, &status));
  CHECK(status == CU_STREAM_CAPTURE_STATUS_ACTIVE);
  OK(cuMemcpyHtoDAsync_v2(x, &in, 4, device.stream));
  OK(device.scale(device.stream, x, y, 1, 10));
  OK(cuMemcpyDtoHAsync_v2(&out, y, 4, device.stream));
  OK(cuStreamEndCapture(device.stream, &graph));
  OK(cuStreamSynchronize(device.stream));
  size_t nodes = 0;
  OK(cuGraphGetNodes(graph, nullptr, &nodes));
  CHECK(nodes == 3 && out == 0);
  OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
  OK(cuGraphDestroy(graph));  // the executable one is its own
  OK(cuGraphUpload(exec, device.stream));
  for (int i = 1; i <= 3; i++) {
    in = (float)i;
    OK(cuGraphLaunch(exec, device.stream));
    CHECK(out == (float)(10 * (i - 1)));
    OK(cuStreamSynchronize(device.stream));
    CHECK(out == (float)(10 * i));
  }
  CHECK(lgcDriverCount("replays") >= 3);
  OK(cuGraphLaunch(exec, device.stream));
  OK(cuGraphExecDestroy(exec));  // while it waits to run
  CHECK_CUDA(CUDA_ERROR_INVALID_HANDLE, cuGraphLaunch(exec, device.stream));
}

// What the backend will do: the step's number is a value in memory, so one graph serves the whole chain.
TEST("driver_graphs", "one graph is every step of a chain") {
  const Device device;
  constexpr int STEPS = 4;
  constexpr int64_t ELEMENTS = 1000;
  std::vector<lgc_transition_step> steps(STEPS);
  for (int i = 0; i < STEPS; i++) {
    lgc_transition_step& step = steps[(size_t)i];
    step.update_count = 1;
    step.shows = 1;
    step.next_input_scale = 1 + i;
    step.target[0] = LGC_REGISTER_X;
    step.term_count[0] = 2;
    step.source[1] = LGC_REGISTER_MODEL;
    step.coefficient[0] = 0.5 + i;
    step.coefficient[1] = -0.25 * i;
  }
  const Memory table(steps.size() * sizeof(lgc_transition_step)), which(4), x(4 * ELEMENTS), model(4 * ELEMENTS), next(4 * ELEMENTS);
  OK(cuMemcpyHtoD_v2(table, steps.data(), steps.size() * sizeof(lgc_transition_step)));
  std::vector<float> state(ELEMENTS), input(ELEMENTS), got(ELEMENTS);
  for (int64_t i = 0; i < ELEMENTS; i++) {
    state[(size_t)i] = (float)(i % 17) - 8;
  }
  OK(cuMemcpyHtoD_v2(x, state.data(), 4 * ELEMENTS));
  lgc_transition_args args = {};
  args.registers[LGC_REGISTER_X] = reinterpret_cast<float*>(x.address);
  args.output = reinterpret_cast<const void*>(model.address);
  args.next_input[0] = reinterpret_cast<void*>(next.address);
  args.steps = reinterpret_cast<const lgc_transition_step*>(table.address);
  args.step = reinterpret_cast<const int32_t*>(which.address);
  args.n = 1;
  args.elements = args.output_stride = ELEMENTS;
  void* parameters[] = {&args};
  OK(cuStreamBeginCapture_v2(device.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
  OK(device.scale(device.stream, x, model, ELEMENTS, 3));  // the network
  OK(cuLaunchKernel(device.function("lgc_transition"), 4, 1, 1, 256, 1, 1, 0, device.stream, parameters, nullptr));
  CUgraph graph = nullptr;
  CUgraphExec exec = nullptr;
  OK(cuStreamEndCapture(device.stream, &graph));
  OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
  for (int i = 0; i < STEPS; i++) {
    OK(cuMemsetD32Async(which, (unsigned)i, 1, device.stream));
    OK(cuGraphLaunch(exec, device.stream));
    for (size_t e = 0; e < ELEMENTS; e++) {
      const float answer = (float)(3.0 * state[e]);
      state[e] = (float)((0.5 + i) * state[e] + -0.25 * i * answer);
      input[e] = (float)((1.0 + i) * state[e]);
    }
  }
  OK(cuMemcpyDtoHAsync_v2(got.data(), x, 4 * ELEMENTS, device.stream));
  OK(cuStreamSynchronize(device.stream));
  CHECK(got == state);
  OK(cuMemcpyDtoH_v2(got.data(), next, 4 * ELEMENTS));
  CHECK(got == input);
  OK(cuGraphExecDestroy(exec));
  OK(cuGraphDestroy(graph));
}

TEST("driver_graphs", "what must not be captured breaks the capture, and the stream works again after it") {
  const Device device;
  const Memory x(4);
  CUevent event = nullptr;
  OK(cuEventCreate(&event, 0));
  float host = 0;
  CUdeviceptr address = 0;
  CUmodule module = nullptr;
  const std::function<CUresult()> refused[] = {
      [&] { return cuStreamSynchronize(device.stream); },
      [&] { return cuStreamQuery(device.stream); },
      [&] { return cuCtxSynchronize(); },
      [&] { return cuMemAlloc_v2(&address, 4); },
      [&] { return cuMemFree_v2(x); },
      [&] { return cuMemcpyDtoH_v2(&host, x, 4); },
      [&] { return cuModuleLoadData(&module, "langevin emulated kernels"); },
  };
  for (const auto& call : refused) {
    CUgraph graph = nullptr;
    OK(cuStreamBeginCapture_v2(device.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    OK(cuMemsetD32Async(x, 0, 1, device.stream));
    CHECK_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, call());
    CHECK_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuMemsetD32Async(x, 0, 1, device.stream));
    CHECK_CUDA(CUDA_ERROR_STREAM_CAPTURE_INVALIDATED, cuStreamEndCapture(device.stream, &graph));
    CHECK(graph == nullptr);
    OK(cuMemsetD32Async(x, 0, 1, device.stream));
    OK(cuStreamSynchronize(device.stream));
  }
  CUgraph graph = nullptr;
  CHECK_CUDA(CUDA_ERROR_ILLEGAL_STATE, cuStreamEndCapture(device.stream, &graph));
  CHECK_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, cuStreamBeginCapture_v2(nullptr, CU_STREAM_CAPTURE_MODE_GLOBAL));
  OK(cuStreamBeginCapture_v2(device.stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  CHECK_CUDA(CUDA_ERROR_ILLEGAL_STATE, cuStreamBeginCapture_v2(device.stream, CU_STREAM_CAPTURE_MODE_RELAXED));
  OK(cuMemAlloc_v2(&address, 4));  // a relaxed capture lets it be
  OK(cuEventRecord(event, device.stream));
  CHECK_CUDA(CUDA_ERROR_CAPTURED_EVENT, cuEventSynchronize(event));
  OK(cuStreamEndCapture(device.stream, &graph));
  OK(cuGraphDestroy(graph));
  OK(cuMemFree_v2(address));
  OK(cuEventDestroy_v2(event));
}

TEST("driver_graphs", "a second stream joins a capture by an event, and must be joined again") {
  const Device device;
  CUstream side = nullptr;
  CUevent fork = nullptr, join = nullptr;
  OK(cuStreamCreate(&side, CU_STREAM_NON_BLOCKING));
  OK(cuEventCreate(&fork, CU_EVENT_DISABLE_TIMING));
  OK(cuEventCreate(&join, CU_EVENT_DISABLE_TIMING));
  const Memory x(4), y(4);
  for (const bool joined : {false, true}) {
    CUgraph graph = nullptr;
    OK(cuStreamBeginCapture_v2(device.stream, CU_STREAM_CAPTURE_MODE_GLOBAL));
    OK(cuMemsetD32Async(x, 0x3f800000, 1, device.stream));
    OK(cuEventRecord(fork, device.stream));
    OK(cuStreamWaitEvent(side, fork, 0));
    OK(device.scale(side, x, y, 1, 4));
    OK(cuEventRecord(join, side));
    if (!joined) {
      CHECK_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNMATCHED, cuStreamEndCapture(side, &graph));
      CHECK_CUDA(CUDA_ERROR_STREAM_CAPTURE_UNJOINED, cuStreamEndCapture(device.stream, &graph));
      continue;
    }
    OK(cuStreamWaitEvent(device.stream, join, 0));
    OK(cuStreamEndCapture(device.stream, &graph));
    CUgraphExec exec = nullptr;
    OK(cuGraphInstantiateWithFlags(&exec, graph, 0));
    OK(cuGraphLaunch(exec, device.stream));
    float out = 0;
    OK(cuMemcpyDtoHAsync_v2(&out, y, 4, device.stream));
    OK(cuStreamSynchronize(device.stream));
    CHECK(out == 4.0f);
    int status = -1;
    OK(cuStreamIsCapturing(side, &status));
    CHECK(status == CU_STREAM_CAPTURE_STATUS_NONE);
    OK(cuGraphExecDestroy(exec));
    OK(cuGraphDestroy(graph));
  }
  OK(cuEventDestroy_v2(fork));
  OK(cuEventDestroy_v2(join));
  OK(cuStreamDestroy_v2(side));
}

}  // namespace
