// What the parts of the driver on the processor share. One lock guards everything, also while kernels run: callers of several
// threads are right, and wait for one another.
#ifndef LANGEVIN_CUDA_DRIVER_INTERNAL_H
#define LANGEVIN_CUDA_DRIVER_INTERNAL_H

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "cuda_driver.h"
#include "emulation.h"

namespace driver {

// Work in a stream or a graph; answers an error that then stays.
using Work = std::function<CUresult()>;

struct Stream;
struct Graph;

// A moment in a stream that an event was last recorded at.
struct Moment {
  bool done = false;
  double milliseconds = 0;
  Stream* stream = nullptr;  // whose work must be done for it; null once the stream is gone
  Graph* graph = nullptr;    // recorded while capturing
};

struct Graph {
  std::vector<Work> nodes;
};

// A capture that is under way, by its first stream and those that joined it through events.
struct Capture {
  std::unique_ptr<Graph> graph = std::make_unique<Graph>();
  Stream* origin = nullptr;
  std::set<Stream*> unjoined;  // have work that the origin does not wait for yet
  int mode = 0;
  std::thread::id thread;
  bool broken = false;
};

struct Stream {
  bool blocking = true;  // waits for the stream 0, and that for it
  std::deque<Work> work;
  std::shared_ptr<Capture> capture;
};

struct Event {
  bool timing = true;
  std::shared_ptr<Moment> moment;
};

struct Block {
  char* mapping;
  size_t mapped, bytes;
};

struct Fault {
  long remaining = 0;  // calls until it strikes; 0: none
  CUresult code = CUDA_ERROR_UNKNOWN;
};

// Calls of a function, and the time from their beginnings to their returns.
struct Calls {
  int64_t count = 0, nanoseconds = 0;
};

struct Settings {
  int devices = 1, version = 13000, capability = 90, workers = 1;
  size_t memory = size_t{8} << 30;
  bool eager = false, skip = false;
  emulation::Order order = emulation::Order::FORWARD;
  std::map<std::string, Fault> faults;
  Fault vanish;
};

struct State {
  std::mutex mutex;
  Settings settings, loaded;
  bool initialised = false;
  int retained = 0;
  CUresult sticky = CUDA_SUCCESS;  // what a context answers after a kernel has failed
  bool vanished = false;
  std::map<uintptr_t, Block> blocks;
  std::map<void*, size_t> host_blocks;
  std::set<Stream*> streams;
  std::set<Event*> events;
  std::set<Graph*> graphs, execs;
  std::set<const void*> modules;
  std::vector<std::weak_ptr<Capture>> captures;
  Stream zero;  // the stream 0
  size_t bytes = 0, peak = 0;
  long launches = 0, replays = 0, kernels = 0, calls = 0, overruns = 0;
  std::map<std::string, Calls> calls_of;
};

State& state();

// Begins every call: locks, counts, and answers what goes wrong before it does anything. It is timed until this ends.
class Call {
 public:
  enum Needs { NOTHING, INITIALISED, CONTEXT };
  Call(const char* name, Needs needs);
  ~Call();
  CUresult error() const { return error_; }

 private:
  const std::chrono::steady_clock::time_point begun_ = std::chrono::steady_clock::now();  // before it waits for the lock
  std::lock_guard<std::mutex> lock_;
  Calls* calls_ = nullptr;
  CUresult error_ = CUDA_SUCCESS;
};

// Opens a function: `BEGIN(CONTEXT)` within cuXxx.
#define BEGIN(needs)                                          \
  const driver::Call call_(__func__, driver::Call::needs);    \
  if (call_.error() != CUDA_SUCCESS) {                        \
    return call_.error();                                     \
  }
#define REQUIRE(condition, code) \
  if (!(condition)) {            \
    return code;                 \
  }

bool is_current();

// Whether this many bytes from an address on lie in one block.
bool inside(CUdeviceptr address, size_t bytes);

// The stream of a handle; null if it is none.
Stream* stream_of(CUstream handle);
// Puts work into a stream, or a graph while that captures.
CUresult put(Stream& stream, Work work);
// Does all work of a stream, of one until a moment is over, or of all streams; answers the first error, which stays.
CUresult finish(Stream& stream);
CUresult finish_all();
// Of a call that is not allowed while capturing: breaks the captures that it concerns.
CUresult unsafe_in_capture();

// Reads a block of settings; false if it is not understood.
bool configure(const std::string& text);
// Counts down the faults of a name; the code of one that strikes.
CUresult strike(const std::string& name);

}  // namespace driver

#endif
