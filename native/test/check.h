// What the tests of the kernels share: registration, checks, data, comparison with a double-precision reference, and
// buffers that end at an unreadable page.
#ifndef LANGEVIN_TEST_CHECK_H
#define LANGEVIN_TEST_CHECK_H

#include <stdint.h>

#include <functional>
#include <string>
#include <vector>

#include "langevin.h"

namespace test {

// A named test of one program: `native_test NAME` runs those whose group is NAME.
struct Registration {
  Registration(const char* group, const char* behaviour, void (*body)());
};

#define TEST_JOIN_(a, b) a##b
#define TEST_JOIN(a, b) TEST_JOIN_(a, b)
#define TEST(group, behaviour)                                                                       \
  static void TEST_JOIN(body_, __LINE__)();                                                          \
  static const test::Registration TEST_JOIN(test_, __LINE__)(group, behaviour, TEST_JOIN(body_, __LINE__)); \
  static void TEST_JOIN(body_, __LINE__)()

// Counts a failure and goes on.
void fail(const char* file, int line, const std::string& message);

#define CHECK(condition)                             \
  do {                                               \
    if (!(condition)) {                              \
      test::fail(__FILE__, __LINE__, "not " #condition); \
    }                                                \
  } while (0)

#define CHECK_STATUS(expected, call)                                                                   \
  do {                                                                                                 \
    int32_t status_ = (call);                                                                          \
    if (status_ != (expected)) {                                                                       \
      test::fail(__FILE__, __LINE__, std::string(#call " gave '") + lgv_status_text(status_) + "', expected '" + \
                                         lgv_status_text(expected) + "'");                            \
    }                                                                                                  \
  } while (0)

// Memory whose last byte lies directly before a page that cannot be touched, and whose first byte lies behind another, up
// to a page away: one element too many read or written is a crash.
class GuardedBytes {
 public:
  explicit GuardedBytes(int64_t bytes);
  ~GuardedBytes();
  GuardedBytes(const GuardedBytes&) = delete;
  GuardedBytes& operator=(const GuardedBytes&) = delete;

  void* data() const { return data_; }
  int64_t bytes() const { return bytes_; }

 private:
  int64_t bytes_;
  char* mapping_;
  int64_t mapping_bytes_;
  void* data_;
};

// Floats in such memory, at first not-a-number, so that what is read unset or never written shows.
class Floats {
 public:
  explicit Floats(int64_t count);
  Floats(const Floats& other) : Floats(other.count_) { *this = other; }
  Floats& operator=(const Floats& other);

  float* data() const { return static_cast<float*>(memory_.data()); }
  operator float*() const { return data(); }
  int64_t count() const { return count_; }
  bool same_bits(const Floats& other) const;

 private:
  int64_t count_;
  GuardedBytes memory_;
};

// Scratch: 64-byte aligned, and guarded.
class Scratch {
 public:
  explicit Scratch(int64_t bytes) : memory_((bytes + 63) / 64 * 64) {}
  void* data() const { return memory_.data(); }
  int64_t bytes() const { return memory_.bytes(); }

 private:
  GuardedBytes memory_;
};

// Normally distributed numbers, the same for the same seed.
Floats normal(int64_t count, unsigned seed, double mean = 0, double deviation = 1);

// Makes of numbers near 1 such that both f16 and bf16 hold without rounding.
void round_to_halves(Floats& values);

// Compares got[i] with expected[i] within bound[i]; a failure prints `what`, the worst index and its values.
void check_close(const char* file, int line, const std::string& what, const float* got,
                 const std::vector<double>& expected, const std::vector<double>& bound);

#define CHECK_CLOSE(what, got, expected, bound) test::check_close(__FILE__, __LINE__, what, got, expected, bound)

// Runs `body` with teams of 1, 2, 3 and 5 threads and hands it the number.
void for_thread_counts(const std::function<void(int)>& body);

std::string text(const char* format, ...) __attribute__((format(printf, 1, 2)));

constexpr double EPSILON = 0x1p-24;  // half a unit in the last place of an f32 near 1: the error of one rounding

}  // namespace test

#endif
