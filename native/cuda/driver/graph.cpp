// Capturing, and graphs: lists of work in the order in which it was captured.
#include "driver.h"

using namespace driver;

namespace {

Graph* known(const std::set<Graph*>& graphs, const void* handle) {
  Graph* const graph = static_cast<Graph*>(const_cast<void*>(handle));
  return graphs.count(graph) != 0 ? graph : nullptr;
}

}  // namespace

CUresult cuStreamBeginCapture_v2(CUstream handle, int mode) {
  BEGIN(CONTEXT)
  Stream* const stream = stream_of(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(mode >= CU_STREAM_CAPTURE_MODE_GLOBAL && mode <= CU_STREAM_CAPTURE_MODE_RELAXED, CUDA_ERROR_INVALID_VALUE)
  REQUIRE(stream != &state().zero, CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED)
  REQUIRE(stream->capture == nullptr, CUDA_ERROR_ILLEGAL_STATE)
  stream->capture = std::make_shared<Capture>();
  stream->capture->origin = stream;
  stream->capture->mode = mode;
  stream->capture->thread = std::this_thread::get_id();
  state().captures.push_back(stream->capture);
  return CUDA_SUCCESS;
}

CUresult cuStreamEndCapture(CUstream handle, CUgraph* result) {
  BEGIN(CONTEXT)
  Stream* const stream = stream_of(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(result != nullptr, CUDA_ERROR_INVALID_VALUE)
  REQUIRE(stream->capture != nullptr, CUDA_ERROR_ILLEGAL_STATE)
  REQUIRE(stream->capture->origin == stream, CUDA_ERROR_STREAM_CAPTURE_UNMATCHED)
  const std::shared_ptr<Capture> capture = stream->capture;
  for (Stream* other : state().streams) {
    if (other->capture == capture) {
      other->capture = nullptr;
    }
  }
  *result = nullptr;
  REQUIRE(!capture->broken, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED)
  REQUIRE(capture->unjoined.empty(), CUDA_ERROR_STREAM_CAPTURE_UNJOINED)
  Graph* const graph = capture->graph.release();
  state().graphs.insert(graph);
  *result = reinterpret_cast<CUgraph>(graph);
  return CUDA_SUCCESS;
}

CUresult cuStreamIsCapturing(CUstream handle, int* status) {
  BEGIN(CONTEXT)
  const Stream* const stream = stream_of(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(status != nullptr, CUDA_ERROR_INVALID_VALUE)
  *status = stream->capture == nullptr  ? CU_STREAM_CAPTURE_STATUS_NONE
            : stream->capture->broken ? CU_STREAM_CAPTURE_STATUS_INVALIDATED
                                      : CU_STREAM_CAPTURE_STATUS_ACTIVE;
  return CUDA_SUCCESS;
}

CUresult cuGraphInstantiateWithFlags(CUgraphExec* result, CUgraph handle, unsigned long long) {
  BEGIN(CONTEXT)
  const Graph* const graph = known(state().graphs, handle);
  REQUIRE(graph != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(result != nullptr, CUDA_ERROR_INVALID_VALUE)
  Graph* const exec = new Graph(*graph);
  state().execs.insert(exec);
  *result = reinterpret_cast<CUgraphExec>(exec);
  return CUDA_SUCCESS;
}

CUresult cuGraphLaunch(CUgraphExec handle, CUstream to) {
  BEGIN(CONTEXT)
  const Graph* const exec = known(state().execs, handle);
  Stream* const stream = stream_of(to);
  REQUIRE(exec != nullptr && stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  state().replays++;
  const std::vector<Work> nodes = exec->nodes;  // it may be destroyed while it runs
  return put(*stream, [nodes]() -> CUresult {
    for (const Work& node : nodes) {
      const CUresult error = node();
      REQUIRE(error == CUDA_SUCCESS, error)
    }
    return CUDA_SUCCESS;
  });
}

CUresult cuGraphUpload(CUgraphExec handle, CUstream to) {
  BEGIN(CONTEXT)
  REQUIRE(known(state().execs, handle) != nullptr && stream_of(to) != nullptr, CUDA_ERROR_INVALID_HANDLE)
  return CUDA_SUCCESS;
}

CUresult cuGraphExecDestroy(CUgraphExec handle) {
  BEGIN(INITIALISED)
  Graph* const exec = known(state().execs, handle);
  REQUIRE(exec != nullptr, CUDA_ERROR_INVALID_HANDLE)
  state().execs.erase(exec);
  delete exec;
  return CUDA_SUCCESS;
}

CUresult cuGraphDestroy(CUgraph handle) {
  BEGIN(INITIALISED)
  Graph* const graph = known(state().graphs, handle);
  REQUIRE(graph != nullptr, CUDA_ERROR_INVALID_HANDLE)
  state().graphs.erase(graph);
  delete graph;
  return CUDA_SUCCESS;
}

// Their number; their handles are those of the graph's own list.
CUresult cuGraphGetNodes(CUgraph handle, CUgraphNode* nodes, size_t* count) {
  BEGIN(INITIALISED)
  Graph* const graph = known(state().graphs, handle);
  REQUIRE(graph != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(count != nullptr, CUDA_ERROR_INVALID_VALUE)
  const size_t room = nodes == nullptr ? 0 : *count;
  for (size_t i = 0; i < room && i < graph->nodes.size(); i++) {
    nodes[i] = reinterpret_cast<CUgraphNode>(&graph->nodes[i]);
  }
  *count = nodes == nullptr || room > graph->nodes.size() ? graph->nodes.size() : room;
  return CUDA_SUCCESS;
}
