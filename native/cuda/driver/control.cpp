// Settings, faults and counts; how every call begins.
#include <stdio.h>
#include <stdlib.h>

#include "driver.h"

namespace driver {

namespace {

thread_local bool current = false;

bool number(const std::string& text, long* value) {
  char* end = nullptr;
  *value = strtol(text.c_str(), &end, 10);
  return !text.empty() && *end == 0 && *value >= 0;
}

// N:CODE, either may be left out
bool fault(const std::string& text, Fault* fault) {
  const size_t colon = text.find(':');
  long remaining = 1, code = CUDA_ERROR_UNKNOWN;
  const std::string first = text.substr(0, colon);
  if ((!first.empty() && !number(first, &remaining)) || remaining < 1 ||
      (colon != std::string::npos && !number(text.substr(colon + 1), &code))) {
    return false;
  }
  *fault = {remaining, (CUresult)code};
  return true;
}

bool set(Settings& settings, const std::string& key, const std::string& value) {
  long n = 0;
  if (key == "mode") {
    settings.eager = value == "eager";
    return value == "eager" || value == "late";
  }
  if (key == "kernels") {
    settings.skip = value == "skip";
    return value == "skip" || value == "run";
  }
  if (key == "order") {
    const char* const names[] = {"forward", "backward", "shuffled", "warps"};
    for (int i = 0; i < 4; i++) {
      if (value == names[i]) {
        settings.order = emulation::ORDERS[i];
        return true;
      }
    }
    return false;
  }
  if (key == "vanish") {
    return fault(value, &settings.vanish);
  }
  if (key == "fail") {
    const size_t place = value.find_first_of("@:");
    const std::string rest = place == std::string::npos ? "" : value.substr(value[place] == '@' ? place + 1 : place);
    return place != 0 && fault(rest, &settings.faults[value.substr(0, place)]);
  }
  if (!number(value, &n)) {
    return false;
  }
  if (key == "memory") {
    settings.memory = (size_t)n;
    return true;
  }
  int* const field = key == "devices"      ? &settings.devices
                     : key == "version"    ? &settings.version
                     : key == "capability" ? &settings.capability
                     : key == "workers"    ? &settings.workers
                                           : nullptr;
  if (field != nullptr) {
    *field = (int)n;
  }
  return field != nullptr;
}

}  // namespace

bool configure(const std::string& text) {
  State& all = state();
  size_t from = 0;
  while (from < text.size()) {
    const size_t end = std::min(text.find(';', from), text.size());
    const std::string one = text.substr(from, end - from);
    from = end + 1;
    if (one == "reset") {
      all.settings = all.loaded;
      all.sticky = CUDA_SUCCESS;
      all.vanished = false;
      all.peak = all.bytes;
      continue;
    }
    const size_t equals = one.find('=');
    if (!one.empty() && (equals == std::string::npos || !set(all.settings, one.substr(0, equals), one.substr(equals + 1)))) {
      fprintf(stderr, "langevin's CUDA driver: the setting '%s' is not understood\n", one.c_str());
      return false;
    }
  }
  return true;
}

State& state() {
  static State& all = *new State;  // never destroyed: threads may call until the process ends
  return all;
}

namespace {

__attribute__((constructor)) void read_environment() {
  const char* environment = getenv("LANGEVIN_CUDA_DRIVER");
  configure(environment == nullptr ? "" : environment);
  state().loaded = state().settings;
}

}  // namespace

CUresult strike(const std::string& name) {
  std::map<std::string, Fault>& faults = state().settings.faults;
  const auto found = faults.find(name);
  if (found == faults.end() || --found->second.remaining > 0) {
    return CUDA_SUCCESS;
  }
  const CUresult code = found->second.code;
  faults.erase(found);
  return code;
}

Call::Call(const char* name, Needs needs) : lock_(state().mutex) {
  State& all = state();
  all.calls++;
  calls_ = &all.calls_of[name];
  calls_->count++;
  if (all.settings.vanish.remaining > 0 && --all.settings.vanish.remaining == 0) {
    all.vanished = true;
  }
  error_ = strike(name);
  if (error_ == CUDA_SUCCESS && all.vanished) {
    error_ = all.settings.vanish.code;
  } else if (error_ == CUDA_SUCCESS && needs != NOTHING && !all.initialised) {
    error_ = CUDA_ERROR_NOT_INITIALIZED;
  } else if (error_ == CUDA_SUCCESS && needs == CONTEXT) {
    error_ = !current || all.retained == 0 ? CUDA_ERROR_INVALID_CONTEXT : all.sticky;
  }
}

Call::~Call() {
  calls_->nanoseconds +=
      std::chrono::duration_cast<std::chrono::nanoseconds>(std::chrono::steady_clock::now() - begun_).count();
}

bool is_current() { return current; }

}  // namespace driver

using namespace driver;

CUresult cuCtxSetCurrent(CUcontext context) {
  BEGIN(INITIALISED)
  State& all = state();
  REQUIRE(context == nullptr || (context == reinterpret_cast<CUcontext>(&all) && all.retained > 0), CUDA_ERROR_INVALID_CONTEXT)
  current = context != nullptr;
  return CUDA_SUCCESS;
}

int32_t lgcDriverControl(const char* settings) {
  const std::lock_guard<std::mutex> lock(state().mutex);
  return settings != nullptr && configure(settings) ? 0 : -1;
}

int64_t lgcDriverCount(const char* what) {
  State& all = state();
  const std::lock_guard<std::mutex> lock(all.mutex);
  int64_t pending = (int64_t)all.zero.work.size();
  for (const Stream* stream : all.streams) {
    pending += (int64_t)stream->work.size();
  }
  const std::map<std::string, int64_t> counts = {
      {"blocks", (int64_t)all.blocks.size()},
      {"bytes", (int64_t)all.bytes},
      {"host_blocks", (int64_t)all.host_blocks.size()},
      {"streams", (int64_t)all.streams.size()},
      {"events", (int64_t)all.events.size()},
      {"modules", (int64_t)all.modules.size()},
      {"graphs", (int64_t)all.graphs.size()},
      {"execs", (int64_t)all.execs.size()},
      {"pending", pending},
      {"peak", (int64_t)all.peak},
      {"launches", all.launches},
      {"replays", all.replays},
      {"kernels", all.kernels},
      {"calls", all.calls},
      {"overruns", all.overruns},
  };
  const std::string word = what == nullptr ? "" : what;
  const auto found = counts.find(word);
  if (found != counts.end()) {
    return found->second;
  }
  const std::string clock = "nanoseconds ";
  const bool time = word.compare(0, clock.size(), clock) == 0;
  const std::string function = time ? word.substr(clock.size()) : word;
#define LGC_NAME(name, parameters) #name,
  for (const char* name : {LGC_DRIVER_FUNCTIONS(LGC_NAME)}) {
    if (function == name) {
      const Calls& calls = all.calls_of[function];
      return time ? calls.nanoseconds : calls.count;
    }
  }
  return -1;
}
