// That the emulation finds what is wrong with a kernel: each of these lacks something, and each is found.
#include <set>

#include "device.h"
#include "device_check.h"

using namespace test;

namespace {

struct Args {
  float* out;
  int64_t n;
};

constexpr int THREADS = 96;

// Reads a neighbour's number without waiting for it.
LGC_KERNEL(planted_read_too_early, Args, THREADS) {
  LGC_SHARED(float, numbers, THREADS);
  numbers[threadIdx.x] = (float)threadIdx.x;
  args.out[threadIdx.x] = numbers[(threadIdx.x + 1) % THREADS];
}

// Writes again before the others have read: warps must be a barrier apart for that to show.
LGC_KERNEL(planted_write_too_early, Args, THREADS) {
  LGC_SHARED(float, number, 1);
  float total = 0.0f;
  for (int round = 0; round < 3; round++) {
    if (threadIdx.x == 0) {
      number[0] = (float)(round + 1);
    }
    __syncthreads();
    total = total * 10.0f + number[0];
  }
  args.out[threadIdx.x] = total;
}

// The same with what is missing.
LGC_KERNEL(planted_nothing, Args, THREADS) {
  LGC_SHARED(float, number, 1);
  float total = 0.0f;
  for (int round = 0; round < 3; round++) {
    if (threadIdx.x == 0) {
      number[0] = (float)(round + 1);
    }
    __syncthreads();
    total = total * 10.0f + number[0];
    __syncthreads();
  }
  args.out[threadIdx.x] = total;
}

// Within a warp: no thread may rely on running in step with the others.
LGC_KERNEL(planted_no_syncwarp, Args, THREADS) {
  LGC_SHARED(float, numbers, THREADS);
  const unsigned first = threadIdx.x / 32 * 32;
  numbers[threadIdx.x] = (float)threadIdx.x;
  args.out[threadIdx.x] = numbers[first + (threadIdx.x + 31) % 32];
}

// Reads what nobody wrote.
LGC_KERNEL(planted_unset, Args, THREADS) {
  LGC_SHARED(float, numbers, 2 * THREADS);
  numbers[threadIdx.x] = 1.0f;
  __syncthreads();
  args.out[threadIdx.x] = numbers[threadIdx.x + 1];
}

// Blocks that read what another block writes.
LGC_KERNEL(planted_blocks_depend, Args, THREADS) {
  if (threadIdx.x == 0 && blockIdx.x < THREADS) {
    args.out[blockIdx.x] = blockIdx.x == 0 ? 1.0f : args.out[blockIdx.x - 1] + 1.0f;
  }
}

LGC_KERNEL(planted_barrier_of_some, Args, THREADS) {
  if (threadIdx.x < 40) {
    __syncthreads();
  }
  args.out[threadIdx.x] = 1.0f;
}

LGC_KERNEL(planted_two_barriers, Args, THREADS) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else {
    __syncthreads();
  }
  args.out[threadIdx.x] = 1.0f;
}

LGC_KERNEL(planted_lanes_missing, Args, THREADS) {
  float x = 1.0f;
  if (threadIdx.x % 32 < 16) {
    x = __shfl_xor_sync(~0u, x, 1);
  }
  args.out[threadIdx.x] = x;
}

LGC_KERNEL(planted_two_shuffles, Args, THREADS) {
  float x = 1.0f;
  if (threadIdx.x % 32 < 16) {
    x = __shfl_xor_sync(~0u, x, 1);
  } else {
    x = __shfl_xor_sync(~0u, x, 2);
  }
  args.out[threadIdx.x] = x;
}

LGC_KERNEL(planted_sums_by_lane, Args, THREADS) {
  double x = (double)threadIdx.x;
  for (int other = 16; other > 0; other /= 2) {
    x += __shfl_xor_sync(~0u, x, other);
  }
  args.out[threadIdx.x] = (float)__shfl_sync(~0u, x, (int)threadIdx.x + 5);
}

struct Found {
  std::set<std::vector<float>> results;  // different ones
  std::set<std::string> errors;
  bool not_a_number = false;
};

Found find_faults(const char* name, unsigned blocks = 1) {
  Found found;
  for (const emulation::Order order : emulation::ORDERS) {
    std::vector<float> out(THREADS, 0.0f);
    const Args args = {out.data(), THREADS};
    const std::string error = emulation::launch(*emulation::find(name), {blocks}, {THREADS}, &args, order);
    if (!error.empty()) {
      found.errors.insert(error);
      continue;
    }
    for (float& x : out) {
      if (std::isnan(x)) {
        found.not_a_number = true;
        x = -1.0f;  // that equal results are equal
      }
    }
    found.results.insert(out);
  }
  return found;
}

TEST("emulation", "gives different results for a read before its barrier") {
  CHECK(find_faults("planted_read_too_early").results.size() > 1);
  CHECK(find_faults("planted_read_too_early").not_a_number);
}

TEST("emulation", "gives different results for a write before all have read") {
  CHECK(find_faults("planted_write_too_early").results.size() > 1);
}

TEST("emulation", "gives one result where no barrier lacks") {
  const Found found = find_faults("planted_nothing");
  CHECK(found.results == std::set<std::vector<float>>{std::vector<float>(THREADS, 123.0f)});
  CHECK(found.errors.empty());
}

TEST("emulation", "gives different results for lanes that rely on running in step") {
  CHECK(find_faults("planted_no_syncwarp").results.size() > 1);
}

TEST("emulation", "shows shared memory that nobody wrote") { CHECK(find_faults("planted_unset").not_a_number); }

TEST("emulation", "gives different results for blocks that depend on one another") {
  CHECK(find_faults("planted_blocks_depend", THREADS).results.size() > 1);
}

void check_error(const char* name, const char* part) {
  const Found found = find_faults(name);
  CHECK(found.results.empty());
  CHECK(!found.errors.empty());
  for (const std::string& error : found.errors) {
    if (error.find(name) == std::string::npos || error.find(part) == std::string::npos) {
      fail(__FILE__, __LINE__, "'" + error + "' does not say " + name + " and " + part);
    }
  }
}

TEST("emulation", "reports threads that wait for others which never come") {
  check_error("planted_barrier_of_some", "threads have ended, others wait");
  check_error("planted_two_barriers", "threads wait at different places");
  check_error("planted_lanes_missing", "never come");
  check_error("planted_two_shuffles", "lanes wait at different places");
}

TEST("emulation", "goes on after a kernel that was given up") {
  find_faults("planted_two_barriers");
  CHECK(find_faults("planted_nothing").results.size() == 1);
}

TEST("emulation", "moves numbers of eight bytes between lanes") {
  const Found found = find_faults("planted_sums_by_lane");
  CHECK(found.results.size() == 1 && found.errors.empty());
  const std::vector<float>& out = *found.results.begin();
  for (int i = 0; i < THREADS; i++) {
    CHECK(out[(size_t)i] == (float)(31 * 32 / 2 + i / 32 * 32 * 32));
  }
}

TEST("emulation", "refuses a block that is too large for its kernel") {
  const Args args = {nullptr, 0};
  CHECK(emulation::launch(*emulation::find("planted_nothing"), {1}, {THREADS + 1}, &args).find("not 1 to 96") !=
        std::string::npos);
}

TEST("emulation", "gives the same with several workers") {
  std::vector<float> out(THREADS, 0.0f);
  const Args args = {out.data(), THREADS};
  CHECK(emulation::launch(*emulation::find("planted_nothing"), {64}, {THREADS}, &args, emulation::Order::FORWARD, 4).empty());
  CHECK(out == std::vector<float>(THREADS, 123.0f));
}

}  // namespace
