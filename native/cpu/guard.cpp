// Mapped files that may lose their pages: see lgv_guard.
#ifndef _GNU_SOURCE
#define _GNU_SOURCE
#endif
#include <dlfcn.h>
#include <signal.h>
#include <sys/mman.h>

#include <atomic>
#include <mutex>

#include "langevin.h"

namespace {

constexpr int32_t kGuards = 1024;
constexpr uintptr_t kPage = 4096;

// The handler reads these at any moment: a range is there while end is not 0, and begin was written before.
struct Guard {
  std::atomic<uintptr_t> begin{0};
  std::atomic<uintptr_t> end{0};
  std::atomic<bool> broken{false};
};

Guard guards[kGuards];
std::mutex mutex;  // of what follows
int32_t used = 0;
bool installed = false;
struct sigaction previous;

bool replace_page(uintptr_t address) {
  for (Guard& guard : guards) {
    if (address < guard.end.load(std::memory_order_acquire) && address >= guard.begin.load(std::memory_order_relaxed)) {
      void* page = reinterpret_cast<void*>(address / kPage * kPage);
      if (mmap(page, kPage, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0) == MAP_FAILED) {
        return false;
      }
      guard.broken.store(true, std::memory_order_release);
      return true;
    }
  }
  return false;
}

void handle(int signal, siginfo_t* info, void* context) {
  // A fault has a code above 0; what a process sends is no fault.
  if (info->si_code > 0 && replace_page(reinterpret_cast<uintptr_t>(info->si_addr))) {
    return;
  }
  if ((previous.sa_flags & SA_SIGINFO) != 0) {
    previous.sa_sigaction(signal, info, context);
  } else if (previous.sa_handler == SIG_DFL || previous.sa_handler == SIG_IGN) {
    sigaction(SIGBUS, &previous, nullptr);  // the fault comes again and ends the process
  } else {
    previous.sa_handler(signal);
  }
}

void install() {
  struct sigaction action = {};
  action.sa_sigaction = handle;
  action.sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESTART | SA_NODEFER;
  sigemptyset(&action.sa_mask);
  installed = sigaction(SIGBUS, &action, &previous) == 0;
}

// Puts back what was there. Where someone has come after this handler it goes on being called, so the library must stay.
void uninstall() {
  struct sigaction now;
  if (sigaction(SIGBUS, nullptr, &now) == 0 && (now.sa_flags & SA_SIGINFO) != 0 && now.sa_sigaction == handle) {
    installed = sigaction(SIGBUS, &previous, nullptr) != 0;
  }
  Dl_info own;
  if (installed && dladdr(reinterpret_cast<void*>(&handle), &own) != 0) {
    dlopen(own.dli_fname, RTLD_NOW | RTLD_NOLOAD | RTLD_NODELETE);
  }
}

}  // namespace

extern "C" {

int32_t lgv_guard(const void* memory, int64_t bytes) {
  if (memory == nullptr || bytes < 1) {
    return 0;
  }
  const std::lock_guard<std::mutex> lock(mutex);
  for (int32_t i = 0; i < kGuards; i++) {
    Guard& guard = guards[i];
    if (guard.end.load() == 0) {
      if (!installed) {
        install();
      }
      if (!installed) {
        return 0;
      }
      const uintptr_t begin = reinterpret_cast<uintptr_t>(memory);
      guard.broken.store(false);
      guard.begin.store(begin);
      guard.end.store(begin + static_cast<uintptr_t>(bytes), std::memory_order_release);
      used++;
      return i + 1;
    }
  }
  return 0;
}

int32_t lgv_guard_broken(int32_t guard) {
  return guard >= 1 && guard <= kGuards && guards[guard - 1].broken.load(std::memory_order_acquire) ? 1 : 0;
}

int32_t lgv_unguard(int32_t guard) {
  const std::lock_guard<std::mutex> lock(mutex);
  if (guard < 1 || guard > kGuards || guards[guard - 1].end.load() == 0) {
    return LGV_BAD_VALUE;
  }
  guards[guard - 1].end.store(0);
  guards[guard - 1].begin.store(0);
  used--;
  if (used == 0) {
    uninstall();
  }
  return LGV_OK;
}

}  // extern "C"
