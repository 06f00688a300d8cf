#include "emulation.h"

#include <stdlib.h>
#include <sys/mman.h>

#include <algorithm>
#include <atomic>
#include <mutex>
#include <random>
#include <thread>

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#endif

namespace emulation {

__thread Fiber* self;
__thread Place place;

namespace {

enum State { READY, AT_BARRIER, IN_WARP, DONE };

constexpr int WARP = 32;
// Not a power of two: stacks whose tops share a cache's set drive one another out at every switch.
constexpr size_t STACK = (64 << 10) + 448;

std::vector<const Kernel*>& registered() {
  static std::vector<const Kernel*> all;
  return all;
}

// Saves the callee's registers and the stack, and goes on where `to` was saved; see switch_stack.cpp.
extern "C" void lgc_switch_stack(void** save, void* to);

// What one thread of the system needs to run blocks.
class Runner {
 public:
  ~Runner() {
    if (stacks_ != nullptr) {
      munmap(stacks_, stack_bytes_);
    }
    for (Array& array : arrays_) {
      free(array.memory);
    }
  }

  std::string run_block(const Kernel& kernel, const void* args, Order order, unsigned seed) {
    kernel_ = &kernel;
    args_ = args;
    order_ = order;
    random_.seed(seed);
    prepare();
    while (done_ < fibers_.size()) {
      bool progress = order == Order::WARPS ? run_warps() : run_threads();
      progress |= release_block();
      if (!error_.empty()) {
        return error_;
      }
      if (!progress) {
        return stuck();
      }
    }
    return "";
  }

  void* shared(const void* tag, size_t bytes) {
    for (Array& array : arrays_) {
      if (array.tag == tag) {
        return array.memory;
      }
    }
    // Exactly so long, for a sanitizer to see what lies behind; at least of 16 bytes' alignment, as on a device.
    void* memory = nullptr;
    if (posix_memalign(&memory, 16, bytes) != 0) {
      abort();
    }
    memset(memory, 0xff, bytes);
    arrays_.push_back({tag, memory, bytes});
    return memory;
  }

  void yield(bool last) {
    Fiber* fiber = self;
    leave(last, nullptr, 0);
    lgc_switch_stack(&fiber->stack_pointer, scheduler_);
    arrive(false);
  }

  Fiber& lane(int lane) { return fibers_[(size_t)(self->warp * WARP + lane) % fibers_.size()]; }

 private:
  struct Array {
    const void* tag;
    void* memory;
    size_t bytes;
  };

  static void entry();

  void prepare() {
    const Dim& extent = place.block_extent;
    const size_t threads = (size_t)extent.x * extent.y * extent.z;
    if (threads * STACK > stack_bytes_) {
      if (stacks_ != nullptr) {
        munmap(stacks_, stack_bytes_);
      }
      stack_bytes_ = threads * STACK;
      void* memory = mmap(nullptr, stack_bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
      if (memory == MAP_FAILED) {
        abort();
      }
      stacks_ = static_cast<char*>(memory);
    }
#if defined(__SANITIZE_ADDRESS__)
    // Fibers end without returning: what their last frames forbade stays forbidden.
    __asan_unpoison_memory_region(stacks_, stack_bytes_);
#endif
    fibers_.resize(threads);
    for (size_t i = 0; i < threads; i++) {
      Fiber& fiber = fibers_[i];
      fiber = Fiber{};
      fiber.thread = {(unsigned)(i % extent.x), (unsigned)(i / extent.x % extent.y), (unsigned)(i / extent.x / extent.y)};
      fiber.index = (int)i;
      fiber.lane = (int)i % WARP;
      fiber.warp = (int)i / WARP;
      void** top = reinterpret_cast<void**>(reinterpret_cast<uintptr_t>(stacks_ + (i + 1) * STACK) & ~uintptr_t{15});
      *--top = nullptr;  // where entry() would return to: it never does
      *--top = reinterpret_cast<void*>(&Runner::entry);
      top -= 6;
      std::fill_n(top, 6, nullptr);
      fiber.stack_pointer = top;
    }
    for (Array& array : arrays_) {
      memset(array.memory, 0xff, array.bytes);
    }
    done_ = 0;
    error_.clear();
  }

  void resume(Fiber& fiber) {
    self = &fiber;
    current_ = this;
    leave(false, stacks_ + (size_t)fiber.index * STACK, STACK);
    lgc_switch_stack(&scheduler_, fiber.stack_pointer);
    arrive(true);
    done_ += fiber.state == DONE;
  }

  // The address sanitizer must know whose stack it looks at.
#if defined(__SANITIZE_ADDRESS__)
  void leave(bool last, const void* bottom, size_t bytes) {
    const bool to_fiber = bottom != nullptr;
    __sanitizer_start_switch_fiber(last ? nullptr : &fake_stack_, to_fiber ? bottom : host_bottom_, to_fiber ? bytes : host_bytes_);
  }
  void arrive(bool) { __sanitizer_finish_switch_fiber(nullptr, nullptr, nullptr); }
  void begin() { __sanitizer_finish_switch_fiber(nullptr, &host_bottom_, &host_bytes_); }
  void* fake_stack_ = nullptr;
  const void* host_bottom_ = nullptr;
  size_t host_bytes_ = 0;
#else
  void leave(bool, const void*, size_t) {}
  void arrive(bool) {}
  void begin() {}
#endif

  bool run_threads() {
    turn_.resize(fibers_.size());
    for (size_t i = 0; i < turn_.size(); i++) {
      turn_[i] = (int)(order_ == Order::BACKWARD ? turn_.size() - 1 - i : i);
    }
    if (order_ == Order::SHUFFLED) {
      std::shuffle(turn_.begin(), turn_.end(), random_);
    }
    bool progress = false;
    for (int i : turn_) {
      if (fibers_[(size_t)i].state == READY) {
        resume(fibers_[(size_t)i]);
        progress = true;
      }
    }
    for (int warp = 0; warp < warps(); warp++) {
      progress |= release_warp(warp);
    }
    return progress;
  }

  bool run_warps() {
    turn_.resize((size_t)warps());
    for (size_t i = 0; i < turn_.size(); i++) {
      turn_[i] = (int)i;
    }
    std::shuffle(turn_.begin(), turn_.end(), random_);
    bool progress = false;
    for (int warp : turn_) {
      bool more = true;
      while (more) {
        more = false;
        for (size_t i = (size_t)warp * WARP; i < end_of(warp); i++) {
          if (fibers_[i].state == READY) {
            resume(fibers_[i]);
            more = progress = true;
          }
        }
        more |= release_warp(warp);
      }
    }
    return progress;
  }

  // Lets the lanes of a warp's operation go on if all of its mask are in it.
  bool release_warp(int warp) {
    const size_t first = (size_t)warp * WARP;
    unsigned waiting = 0, there = 0;
    const Fiber* one = nullptr;
    for (size_t i = first; i < end_of(warp); i++) {
      there |= 1u << (i - first);
      if (fibers_[i].state == IN_WARP) {
        waiting |= 1u << (i - first);
        one = &fibers_[i];
      }
    }
    if (one == nullptr || (waiting & one->mask) != (one->mask & there)) {
      return false;
    }
    for (size_t i = first; i < end_of(warp); i++) {
      if ((one->mask >> (i - first) & 1) != 0) {
        if (fibers_[i].mask != one->mask || !same_place(fibers_[i], *one)) {
          differ("a warp's lanes", fibers_[i], *one);
        }
        fibers_[i].state = READY;
      }
    }
    return true;
  }

  bool release_block() {
    const Fiber* one = nullptr;
    size_t waiting = 0;
    for (const Fiber& fiber : fibers_) {
      if (fiber.state == AT_BARRIER) {
        one = one == nullptr ? &fiber : one;
        waiting++;
        if (!same_place(fiber, *one)) {
          differ("threads", fiber, *one);
          return false;
        }
      }
    }
    if (waiting == 0 || waiting + done_ < fibers_.size()) {
      return false;
    }
    if (done_ > 0) {
      error_ = std::string(kernel_->name) + ": " + std::to_string(done_) + " threads have ended, others wait for them at " +
               where(*one);
      return false;
    }
    for (Fiber& fiber : fibers_) {
      fiber.state = READY;
    }
    return true;
  }

  static bool same_place(const Fiber& a, const Fiber& b) { return a.line == b.line && strcmp(a.file, b.file) == 0; }
  static std::string where(const Fiber& fiber) { return std::string(fiber.file) + ":" + std::to_string(fiber.line); }

  void differ(const char* who, const Fiber& a, const Fiber& b) {
    error_ = std::string(kernel_->name) + ": " + who + " wait at different places: " + where(a) + " and " + where(b);
  }

  std::string stuck() const {
    for (const Fiber& fiber : fibers_) {
      if (fiber.state == IN_WARP) {
        return std::string(kernel_->name) + ": some lanes of a warp never come to its operation at " + where(fiber);
      }
    }
    return std::string(kernel_->name) + ": no thread can go on";
  }

  int warps() const { return (int)(fibers_.size() + WARP - 1) / WARP; }
  size_t end_of(int warp) const { return std::min(fibers_.size(), (size_t)(warp + 1) * WARP); }

  static thread_local Runner* current_;

  const Kernel* kernel_ = nullptr;
  const void* args_ = nullptr;
  Order order_ = Order::FORWARD;
  std::mt19937 random_;
  std::vector<Fiber> fibers_;
  std::vector<int> turn_;
  std::vector<Array> arrays_;
  char* stacks_ = nullptr;
  size_t stack_bytes_ = 0;
  size_t done_ = 0;
  void* scheduler_ = nullptr;
  std::string error_;
};

thread_local Runner* Runner::current_;
thread_local Runner runner;

void Runner::entry() {
  Runner* here = current_;
  here->begin();
  here->kernel_->run(here->args_);
  self->state = DONE;
  here->yield(true);
  abort();
}

}  // namespace

void wait_for_block(const char* file, int line) {
  self->state = AT_BARRIER;
  self->file = file;
  self->line = line;
  runner.yield(false);
}

void wait_for_warp(unsigned mask, const char* file, int line) {
  self->state = IN_WARP;
  self->mask = mask;
  self->file = file;
  self->line = line;
  runner.yield(false);
}

Fiber& lane_of_warp(int lane) { return runner.lane(lane); }

void* shared(const void* tag, size_t bytes) { return runner.shared(tag, bytes); }

Registration::Registration(const char* name, size_t bytes, unsigned threads, void (*run)(const void*))
    : kernel{name, bytes, threads, run} {
  registered().push_back(&kernel);
}

std::vector<const Kernel*> kernels() { return registered(); }

const Kernel* find(const std::string& name) {
  for (const Kernel* kernel : registered()) {
    if (name == kernel->name) {
      return kernel;
    }
  }
  return nullptr;
}

std::string launch(const Kernel& kernel, Dim grid, Dim block, const void* args, Order order, int workers) {
  const size_t threads = (size_t)block.x * block.y * block.z;
  if (threads == 0 || threads > kernel.threads) {
    return std::string(kernel.name) + ": blocks of " + std::to_string(threads) + " threads, not 1 to " +
           std::to_string(kernel.threads);
  }
  const uint64_t blocks = (uint64_t)grid.x * grid.y * grid.z;
  std::vector<uint64_t> turn(order == Order::FORWARD ? 0 : blocks);
  for (uint64_t i = 0; i < turn.size(); i++) {
    turn[i] = order == Order::BACKWARD ? blocks - 1 - i : i;
  }
  if (order == Order::SHUFFLED || order == Order::WARPS) {
    std::shuffle(turn.begin(), turn.end(), std::mt19937(7));
  }
  std::atomic<uint64_t> next{0};
  std::mutex mutex;
  std::string error;
  auto work = [&] {
    for (uint64_t i = next++; i < blocks; i = next++) {
      const uint64_t at = turn.empty() ? i : turn[i];
      place = {{(unsigned)(at % grid.x), (unsigned)(at / grid.x % grid.y), (unsigned)(at / grid.x / grid.y)}, block, grid};
      std::string found = runner.run_block(kernel, args, order, (unsigned)at);
      if (!found.empty()) {
        const std::lock_guard<std::mutex> lock(mutex);
        error = found;
        next = blocks;
      }
    }
  };
  std::vector<std::thread> others;
  for (int i = 1; i < workers && (uint64_t)i < blocks; i++) {
    others.emplace_back(work);
  }
  work();
  for (std::thread& other : others) {
    other.join();
  }
  return error;
}

}  // namespace emulation
