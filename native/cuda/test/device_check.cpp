#include "device_check.h"

#include <string.h>

#include <random>

#include "emulation.h"
#include "number.h"

namespace test {

const char* type_name(int64_t type) {
  const char* const names[] = {"f32", "f16", "bf16", "s8", "e4m3"};
  return names[type];
}

double rounding(int64_t type, double value) {
  const double relative[] = {0x1p-24, 0x1p-11, 0x1p-8, 0, 0x1p-4};
  const double absolute[] = {0x1p-150, 0x1p-25, 0x1p-134, 0.5, 0x1p-10};
  return std::fmax(relative[type] * std::fabs(value), absolute[type]);
}

Numbers::Numbers(int64_t count, int64_t type) : count_(count), type_(type), memory_(count * type_bytes(type)) {
  memset(data(), 0xff, (size_t)bytes());
}

Numbers::Numbers(const Numbers& other) : Numbers(other.count_, other.type_) { *this = other; }

Numbers& Numbers::operator=(const Numbers& other) {
  memcpy(data(), other.data(), (size_t)bytes());
  return *this;
}

double Numbers::operator[](int64_t i) const { return load(data(), type_, i); }
void Numbers::set(int64_t i, double value) { store(data(), type_, i, (float)value); }

Numbers normal_numbers(int64_t count, int64_t type, unsigned seed, double mean, double deviation) {
  std::mt19937 generator(seed);
  std::normal_distribution<double> distribution(mean, deviation);
  Numbers numbers(count, type);
  for (int64_t i = 0; i < count; i++) {
    numbers.set(i, distribution(generator));
  }
  return numbers;
}

void run_kernel(const std::string& name, unsigned threads, int64_t units, const void* args, size_t bytes,
                std::initializer_list<Numbers*> changed) {
  const emulation::Kernel* kernel = emulation::find(name);
  if (kernel == nullptr || kernel->bytes != bytes) {
    fail(__FILE__, __LINE__, name + (kernel == nullptr ? " is no kernel" : " takes another block of arguments"));
    return;
  }
  std::vector<Numbers> before, first;
  for (const Numbers* one : changed) {
    before.push_back(*one);
  }
  for (const emulation::Order order : emulation::ORDERS) {
    for (const int64_t blocks : {units, units + 3, (int64_t)1}) {
      if (order != emulation::Order::WARPS && blocks == 1 && units > 64) {
        continue;  // once is enough where it takes long
      }
      size_t i = 0;
      for (Numbers* one : changed) {
        *one = before[i++];
      }
      const std::string error = emulation::launch(*kernel, {(unsigned)blocks}, {threads}, args, order);
      if (!error.empty()) {
        fail(__FILE__, __LINE__, error);
        return;
      }
      i = 0;
      for (const Numbers* one : changed) {
        if (first.size() <= i) {
          first.push_back(*one);
        } else if (memcmp(one->data(), first[i].data(), (size_t)one->bytes()) != 0) {
          fail(__FILE__, __LINE__, text("%s: order %d with %ld blocks gives other bits than the first run", name.c_str(),
                                        (int)order, (long)blocks));
          return;
        }
        i++;
      }
    }
  }
}

void check_numbers(const char* file, int line, const std::string& what, const Numbers& got,
                   const std::function<double(int64_t)>& expected, const std::function<double(int64_t)>& bound) {
  std::vector<float> values((size_t)got.count());
  std::vector<double> wanted((size_t)got.count()), bounds((size_t)got.count());
  for (int64_t i = 0; i < got.count(); i++) {
    values[(size_t)i] = (float)got[i];
    wanted[(size_t)i] = expected(i);
    const double error = bound(i);
    // Rounded after the error: that may have moved it up.
    bounds[(size_t)i] = error + rounding(got.type(), std::fabs(wanted[(size_t)i]) + error) + 1e-300;
  }
  check_close(file, line, what + " " + type_name(got.type()), values.data(), wanted, bounds);
}

}  // namespace test
