// Mapped files that lose their pages.
#include <setjmp.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <unistd.h>

#include <vector>

#include "check.h"
#include "langevin.h"

namespace {

constexpr int64_t kPage = 4096;
constexpr int64_t kBytes = 4 * kPage;

sigjmp_buf faulted;

void jump(int) { siglongjmp(faulted, 1); }

// A file of ones without a name, mapped.
struct Mapped {
  FILE* file = tmpfile();
  const char* memory = nullptr;

  Mapped() {
    const std::vector<char> ones(kBytes, 1);
    CHECK(fwrite(ones.data(), 1, ones.size(), file) == ones.size());
    fflush(file);
    memory = static_cast<const char*>(mmap(nullptr, kBytes, PROT_READ, MAP_SHARED, fileno(file), 0));
    CHECK(memory != MAP_FAILED);
  }

  ~Mapped() {
    munmap(const_cast<char*>(memory), kBytes);
    fclose(file);
  }

  int sum() const {
    int sum = 0;
    for (int64_t i = 0; i < kBytes; i += kPage / 2) {
      sum += const_cast<const volatile char*>(memory)[i];
    }
    return sum;
  }
};

bool faults(const Mapped& mapped) {
  if (sigsetjmp(faulted, 1) != 0) {
    return true;
  }
  return mapped.sum() < 0;
}

}  // namespace

// A truncated file that ends the process, or pages beside the lost ones that are replaced too.
TEST("guard", "puts zeros in place of lost pages and tells of it") {
  Mapped mapped;
  Mapped whole;
  const int32_t guard = lgv_guard(mapped.memory, kBytes);
  const int32_t other = lgv_guard(whole.memory, kBytes);
  CHECK(guard > 0 && other > 0 && guard != other);
  CHECK(mapped.sum() == 8);
  CHECK(lgv_guard_broken(guard) == 0);
  CHECK(ftruncate(fileno(mapped.file), kPage) == 0);
  CHECK(mapped.sum() == 2);
  CHECK(lgv_guard_broken(guard) == 1);
  CHECK(lgv_guard_broken(other) == 0 && whole.sum() == 8);
  CHECK_STATUS(LGV_OK, lgv_unguard(guard));
  CHECK_STATUS(LGV_OK, lgv_unguard(other));
}

// A handler that swallows other people's faults, or that stays when nothing is guarded any more.
TEST("guard", "leaves other faults to the handler that was there, and gives its place back") {
  struct sigaction own = {};
  own.sa_handler = jump;
  struct sigaction before;
  CHECK(sigaction(SIGBUS, &own, &before) == 0);
  {
    Mapped guarded;
    Mapped bare;
    const int32_t guard = lgv_guard(guarded.memory, kBytes);
    CHECK(ftruncate(fileno(bare.file), kPage) == 0);
    CHECK(faults(bare));
    CHECK(lgv_guard_broken(guard) == 0);
    CHECK_STATUS(LGV_OK, lgv_unguard(guard));
    CHECK_STATUS(LGV_BAD_VALUE, lgv_unguard(guard));
    struct sigaction after;
    CHECK(sigaction(SIGBUS, nullptr, &after) == 0 && after.sa_handler == jump);
  }
  sigaction(SIGBUS, &before, nullptr);
}

TEST("guard", "refuses an empty range and numbers that are no guard's") {
  char memory = 0;
  CHECK(lgv_guard(nullptr, 1) == 0);
  CHECK(lgv_guard(&memory, 0) == 0);
  CHECK(lgv_guard_broken(0) == 0 && lgv_guard_broken(-1) == 0 && lgv_guard_broken(1 << 20) == 0);
  CHECK_STATUS(LGV_BAD_VALUE, lgv_unguard(0));
  CHECK_STATUS(LGV_BAD_VALUE, lgv_unguard(1 << 20));
}
