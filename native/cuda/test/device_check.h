// What the tests of the CUDA kernels share: numbers of every type in guarded memory, and runs in every order of threads.
#ifndef LANGEVIN_CUDA_TEST_DEVICE_CHECK_H
#define LANGEVIN_CUDA_TEST_DEVICE_CHECK_H

#include <cmath>
#include <functional>
#include <initializer_list>
#include <string>
#include <vector>

#include "check.h"
#include "langevin_cuda.h"

namespace test {

constexpr int64_t TYPES[] = {LGC_F32, LGC_F16, LGC_BF16};
const char* type_name(int64_t type);

// The error of one rounding to a type: relative, and absolute near zero.
double rounding(int64_t type, double value);

// Memory of the device for `count` numbers of a type, between guard pages, at first not-a-number.
class Numbers {
 public:
  Numbers(int64_t count, int64_t type);
  Numbers(const Numbers& other);
  Numbers& operator=(const Numbers& other);

  void* data() const { return memory_.data(); }
  operator void*() const { return data(); }
  float* floats() const { return static_cast<float*>(data()); }  // of LGC_F32
  int64_t count() const { return count_; }
  int64_t type() const { return type_; }
  int64_t bytes() const { return memory_.bytes(); }
  double operator[](int64_t i) const;
  void set(int64_t i, double value);

 private:
  int64_t count_;
  int64_t type_;
  GuardedBytes memory_;
};

Numbers normal_numbers(int64_t count, int64_t type, unsigned seed, double mean = 0, double deviation = 1);

// Runs a kernel in each of the four orders, with as many blocks as units, with more and with one. What is in `changed` begins
// each time as it is now; in the end it holds the results, and it is a failure if not every run left the same bits.
void run_kernel(const std::string& name, unsigned threads, int64_t units, const void* args, size_t bytes,
                std::initializer_list<Numbers*> changed);

template <typename Args>
void run(const char* name, unsigned threads, int64_t units, const Args& args, std::initializer_list<Numbers*> changed) {
  run_kernel(name, threads, units, &args, sizeof args, changed);
}

// Compares with a definition in double; `bound(i)` is what may go wrong before the result is rounded to its type.
void check_numbers(const char* file, int line, const std::string& what, const Numbers& got,
                   const std::function<double(int64_t)>& expected, const std::function<double(int64_t)>& bound);

// what, got, expected, bound: variadic, for lambdas have commas of their own.
#define CHECK_NUMBERS(...) test::check_numbers(__FILE__, __LINE__, __VA_ARGS__)

inline int64_t pieces(int64_t count, int64_t each) { return (count + each - 1) / each; }

}  // namespace test

#endif
