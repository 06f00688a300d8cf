#include "check.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <cmath>
#include <cstdlib>
#include <random>

namespace test {

namespace {

struct Case {
  std::string group;
  std::string behaviour;
  void (*body)();
};

std::vector<Case>& cases() {
  static std::vector<Case> all;
  return all;
}

int failures = 0;

}  // namespace

Registration::Registration(const char* group, const char* behaviour, void (*body)()) {
  cases().push_back({group, behaviour, body});
}

void fail(const char* file, int line, const std::string& message) {
  failures++;
  fprintf(stderr, "  %s:%d: %s\n", file, line, message.c_str());
}

std::string text(const char* format, ...) {
  char buffer[512];
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(buffer, sizeof buffer, format, arguments);
  va_end(arguments);
  return buffer;
}

GuardedBytes::GuardedBytes(int64_t bytes) : bytes_(bytes) {
  const int64_t page = sysconf(_SC_PAGESIZE);
  const int64_t pages = (bytes + page - 1) / page;
  mapping_bytes_ = (pages + 2) * page;
  void* mapping = mmap(nullptr, (size_t)mapping_bytes_, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (mapping == MAP_FAILED ||
      mprotect(static_cast<char*>(mapping) + page, (size_t)(pages * page), PROT_READ | PROT_WRITE) != 0) {
    perror("mmap");
    abort();
  }
  mapping_ = static_cast<char*>(mapping);
  data_ = mapping_ + (pages + 1) * page - bytes;
}

GuardedBytes::~GuardedBytes() { munmap(mapping_, (size_t)mapping_bytes_); }

Floats::Floats(int64_t count) : count_(count), memory_(count * 4) {
  for (int64_t i = 0; i < count; i++) {
    data()[i] = NAN;
  }
}

Floats& Floats::operator=(const Floats& other) {
  if (other.count_ != count_) {
    abort();
  }
  memcpy(data(), other.data(), (size_t)(count_ * 4));
  return *this;
}

bool Floats::same_bits(const Floats& other) const {
  return count_ == other.count_ && memcmp(data(), other.data(), (size_t)(count_ * 4)) == 0;
}

Floats normal(int64_t count, unsigned seed, double mean, double deviation) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> distribution(mean, deviation);
  Floats values(count);
  for (int64_t i = 0; i < count; i++) {
    values[i] = (float)distribution(generator);
  }
  return values;
}

void round_to_halves(Floats& values) {
  for (int64_t i = 0; i < values.count(); i++) {
    uint32_t bits;
    memcpy(&bits, &values[i], 4);
    bits &= 0xffff0000u;  // 8 bits of precision
    memcpy(&values[i], &bits, 4);
    if (std::fabs(values[i]) < 0x1p-14f) {
      values[i] = 0;
    }
  }
}

void check_close(const char* file, int line, const std::string& what, const float* got,
                 const std::vector<double>& expected, const std::vector<double>& bound) {
  int64_t worst = -1;
  double worst_excess = 1;
  for (size_t i = 0; i < expected.size(); i++) {
    if (got[i] == expected[i] || (std::isnan(got[i]) && std::isnan(expected[i]))) {
      continue;
    }
    double excess = std::fabs(got[i] - expected[i]) / bound[i];
    if (!(excess <= worst_excess)) {
      worst = (int64_t)i;
      worst_excess = std::isnan(excess) ? INFINITY : excess;
    }
  }
  if (worst >= 0) {
    fail(file, line, text("%s: worst at %ld of %zu: got %.9g, expected %.9g, difference %.3g, bound %.3g", what.c_str(),
                          (long)worst, expected.size(), got[worst], expected[(size_t)worst],
                          got[worst] - expected[(size_t)worst], bound[(size_t)worst]));
  }
}

void for_thread_counts(const std::function<void(int)>& body) {
  const int32_t before = lgv_num_threads();
  for (int threads : {1, 2, 3, 5}) {
    CHECK_STATUS(LGV_OK, lgv_set_num_threads(threads));
    body(threads);
  }
  CHECK_STATUS(LGV_OK, lgv_set_num_threads(before));
}

}  // namespace test

int main(int argc, char** argv) {
  if (argc != 2) {
    fprintf(stderr, "usage: native_test GROUP\n");
    return 2;
  }
  int run = 0;
  int failed = 0;
  for (const test::Case& one : test::cases()) {
    if (one.group == argv[1]) {
      run++;
      test::failures = 0;
      one.body();
      printf("%s %s %s (%s)\n", test::failures == 0 ? "passed" : "FAILED", one.group.c_str(), one.behaviour.c_str(),
             lgv_isa_name());
      failed += test::failures > 0;
    }
  }
  if (run == 0) {
    fprintf(stderr, "no test of group %s\n", argv[1]);
    return 2;
  }
  return failed > 0;
}
