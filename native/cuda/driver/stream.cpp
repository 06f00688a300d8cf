// Streams and events. Work waits in its stream until somebody synchronises: what relies on work that it did not wait for sees
// that it is not done, every time, instead of once in a while on a device.
#include <algorithm>
#include <chrono>

#include "driver.h"

namespace driver {

namespace {

double now() {
  return std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

CUresult do_one(Stream& stream) {
  const Work work = std::move(stream.work.front());
  stream.work.pop_front();
  State& all = state();
  if (all.sticky == CUDA_SUCCESS) {
    all.sticky = work();
  }
  return all.sticky;
}

CUresult finish_one_stream(Stream& stream) {
  CUresult error = state().sticky;
  while (!stream.work.empty()) {
    error = do_one(stream);
  }
  return error;
}

// Does what a moment waits for.
CUresult reach(const std::shared_ptr<Moment>& moment) {
  CUresult error = state().sticky;
  while (!moment->done && moment->stream != nullptr && !moment->stream->work.empty()) {
    error = do_one(*moment->stream);
  }
  return error;
}

Stream* find(CUstream handle) {
  State& all = state();
  Stream* const stream = reinterpret_cast<Stream*>(handle);
  if (reinterpret_cast<uintptr_t>(handle) <= 2) {  // 1 and 2 are CUDA's names for the stream 0
    return &all.zero;
  }
  return all.streams.count(stream) != 0 ? stream : nullptr;
}

Event* event_of(CUevent handle) {
  Event* const event = reinterpret_cast<Event*>(handle);
  return state().events.count(event) != 0 ? event : nullptr;
}

}  // namespace

Stream* stream_of(CUstream handle) { return find(handle); }

// The stream 0 and the blocking ones wait for each other.
CUresult finish(Stream& stream) {
  CUresult error = CUDA_SUCCESS;
  if (&stream == &state().zero) {
    for (Stream* other : state().streams) {
      if (other->blocking) {
        error = std::max(error, finish_one_stream(*other));
      }
    }
  } else if (stream.blocking) {
    error = finish_one_stream(state().zero);
  }
  return std::max(error, finish_one_stream(stream));
}

CUresult finish_all() {
  CUresult error = finish_one_stream(state().zero);
  for (Stream* stream : state().streams) {
    error = std::max(error, finish_one_stream(*stream));
  }
  return error;
}

CUresult put(Stream& stream, Work work) {
  if (stream.capture != nullptr) {
    REQUIRE(!stream.capture->broken, CUDA_ERROR_STREAM_CAPTURE_INVALIDATED)
    stream.capture->graph->nodes.push_back(std::move(work));
    if (&stream != stream.capture->origin) {
      stream.capture->unjoined.insert(&stream);
    }
    return CUDA_SUCCESS;
  }
  stream.work.push_back(std::move(work));
  return state().settings.eager ? finish(stream) : CUDA_SUCCESS;
}

CUresult unsafe_in_capture() {
  bool any = false;
  auto& captures = state().captures;
  for (const std::weak_ptr<Capture>& one : captures) {
    const std::shared_ptr<Capture> capture = one.lock();
    if (capture != nullptr &&
        (capture->mode == CU_STREAM_CAPTURE_MODE_GLOBAL ||
         (capture->mode == CU_STREAM_CAPTURE_MODE_THREAD_LOCAL && capture->thread == std::this_thread::get_id()))) {
      capture->broken = true;
      any = true;
    }
  }
  captures.erase(std::remove_if(captures.begin(), captures.end(), [](const auto& one) { return one.expired(); }), captures.end());
  return any ? CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED : CUDA_SUCCESS;
}

}  // namespace driver

using namespace driver;

CUresult cuStreamCreate(CUstream* handle, unsigned flags) {
  BEGIN(CONTEXT)
  REQUIRE(handle != nullptr && flags <= CU_STREAM_NON_BLOCKING, CUDA_ERROR_INVALID_VALUE)
  Stream* const stream = new Stream;
  stream->blocking = flags == CU_STREAM_DEFAULT;
  state().streams.insert(stream);
  *handle = reinterpret_cast<CUstream>(stream);
  return CUDA_SUCCESS;
}

CUresult cuStreamDestroy_v2(CUstream handle) {
  BEGIN(INITIALISED)
  State& all = state();
  Stream* const stream = find(handle);
  REQUIRE(stream != nullptr && stream != &all.zero, CUDA_ERROR_INVALID_HANDLE)
  finish_one_stream(*stream);
  for (Event* event : all.events) {
    if (event->moment != nullptr && event->moment->stream == stream) {
      event->moment->stream = nullptr;
    }
  }
  all.streams.erase(stream);
  delete stream;
  return CUDA_SUCCESS;
}

CUresult cuStreamSynchronize(CUstream handle) {
  BEGIN(CONTEXT)
  Stream* const stream = find(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  if (stream->capture != nullptr) {
    stream->capture->broken = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  return finish(*stream);
}

// Each time it is asked, one more piece of work is done: whoever waits by asking comes to an end.
CUresult cuStreamQuery(CUstream handle) {
  BEGIN(CONTEXT)
  Stream* const stream = find(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  if (stream->capture != nullptr) {
    stream->capture->broken = true;
    return CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED;
  }
  if (stream->work.empty()) {
    return CUDA_SUCCESS;
  }
  const CUresult error = do_one(*stream);
  return error != CUDA_SUCCESS ? error : CUDA_ERROR_NOT_READY;
}

CUresult cuLaunchHostFunc(CUstream handle, CUhostFn function, void* data) {
  BEGIN(CONTEXT)
  Stream* const stream = find(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(function != nullptr, CUDA_ERROR_INVALID_VALUE)
  return put(*stream, [=]() -> CUresult {
    function(data);
    return CUDA_SUCCESS;
  });
}

CUresult cuEventCreate(CUevent* handle, unsigned flags) {
  BEGIN(CONTEXT)
  REQUIRE(handle != nullptr && flags <= (CU_EVENT_BLOCKING_SYNC | CU_EVENT_DISABLE_TIMING), CUDA_ERROR_INVALID_VALUE)
  Event* const event = new Event;
  event->timing = (flags & CU_EVENT_DISABLE_TIMING) == 0;
  state().events.insert(event);
  *handle = reinterpret_cast<CUevent>(event);
  return CUDA_SUCCESS;
}

CUresult cuEventDestroy_v2(CUevent handle) {
  BEGIN(INITIALISED)
  Event* const event = event_of(handle);
  REQUIRE(event != nullptr, CUDA_ERROR_INVALID_HANDLE)
  state().events.erase(event);
  delete event;
  return CUDA_SUCCESS;
}

CUresult cuEventRecord(CUevent handle, CUstream to) {
  BEGIN(CONTEXT)
  Event* const event = event_of(handle);
  Stream* const stream = find(to);
  REQUIRE(event != nullptr && stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  const auto moment = std::make_shared<Moment>();
  moment->stream = stream;
  moment->graph = stream->capture == nullptr ? nullptr : stream->capture->graph.get();
  event->moment = moment;
  if (moment->graph != nullptr) {
    return CUDA_SUCCESS;  // it is the order of the graph's nodes
  }
  return put(*stream, [moment]() -> CUresult {
    moment->done = true;
    moment->milliseconds = now();
    return CUDA_SUCCESS;
  });
}

CUresult cuStreamWaitEvent(CUstream handle, CUevent of, unsigned) {
  BEGIN(CONTEXT)
  Stream* const stream = find(handle);
  Event* const event = event_of(of);
  REQUIRE(stream != nullptr && event != nullptr, CUDA_ERROR_INVALID_HANDLE)
  const std::shared_ptr<Moment> moment = event->moment;
  if (moment == nullptr) {
    return CUDA_SUCCESS;  // never recorded: nothing to wait for
  }
  if (moment->graph != nullptr) {
    Stream* const other = moment->stream;
    REQUIRE(other != nullptr && other->capture != nullptr && other->capture->graph.get() == moment->graph,
            CUDA_ERROR_STREAM_CAPTURE_UNMATCHED)
    if (stream->capture == nullptr) {
      stream->capture = other->capture;
    }
    if (stream != stream->capture->origin) {
      stream->capture->unjoined.insert(stream);
    }
    if (stream != other) {
      stream->capture->unjoined.erase(other);  // its work up to here is waited for
    }
    return CUDA_SUCCESS;
  }
  return put(*stream, [moment] { return reach(moment); });
}

CUresult cuEventQuery(CUevent handle) {
  BEGIN(CONTEXT)
  Event* const event = event_of(handle);
  REQUIRE(event != nullptr, CUDA_ERROR_INVALID_HANDLE)
  const std::shared_ptr<Moment> moment = event->moment;
  REQUIRE(moment == nullptr || moment->graph == nullptr, CUDA_ERROR_CAPTURED_EVENT)
  if (moment == nullptr || moment->done || moment->stream == nullptr) {
    return CUDA_SUCCESS;
  }
  const CUresult error = do_one(*moment->stream);
  return error != CUDA_SUCCESS ? error : CUDA_ERROR_NOT_READY;
}

CUresult cuEventSynchronize(CUevent handle) {
  BEGIN(CONTEXT)
  Event* const event = event_of(handle);
  REQUIRE(event != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(event->moment == nullptr || event->moment->graph == nullptr, CUDA_ERROR_CAPTURED_EVENT)
  return event->moment == nullptr ? CUDA_SUCCESS : reach(event->moment);
}

CUresult cuEventElapsedTime_v2(float* milliseconds, CUevent from, CUevent to) {
  BEGIN(CONTEXT)
  Event *const first = event_of(from), *const second = event_of(to);
  REQUIRE(milliseconds != nullptr, CUDA_ERROR_INVALID_VALUE)
  REQUIRE(first != nullptr && second != nullptr && first->moment != nullptr && second->moment != nullptr && first->timing &&
              second->timing,
          CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(first->moment->done && second->moment->done, CUDA_ERROR_NOT_READY)
  *milliseconds = (float)(second->moment->milliseconds - first->moment->milliseconds);
  return CUDA_SUCCESS;
}
