// Conversions against their definition, every pattern of bits.
#include <random>

#include "device_check.h"
#include "number.h"

using namespace test;

namespace {

// Of `fraction` and `exponent` bits with that bias; infinities where `infinite`.
double definition(uint32_t bits, int exponent_bits, int fraction_bits, bool infinite) {
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (int)(bits >> fraction_bits) & ((1 << exponent_bits) - 1);
  const int fraction = (int)bits & ((1 << fraction_bits) - 1);
  const double sign = (bits >> (exponent_bits + fraction_bits) & 1) != 0 ? -1 : 1;
  const int highest = (1 << exponent_bits) - 1;
  if (exponent == highest && (infinite || fraction == (1 << fraction_bits) - 1)) {
    return infinite && fraction == 0 ? sign * INFINITY : NAN;
  }
  return exponent == 0 ? sign * std::ldexp(fraction, 1 - bias - fraction_bits)
                       : sign * std::ldexp((1 << fraction_bits) + fraction, exponent - bias - fraction_bits);
}

struct Format {
  const char* name;
  int exponent_bits, fraction_bits;
  bool infinite;
  float (*from)(uint32_t);
  uint32_t (*to)(float);
};

const Format FORMATS[] = {
    {"f16", 5, 10, true, [](uint32_t b) { return from_f16((uint16_t)b); }, [](float x) -> uint32_t { return to_f16(x); }},
    {"bf16", 8, 7, true, [](uint32_t b) { return from_bf16((uint16_t)b); }, [](float x) -> uint32_t { return to_bf16(x); }},
    {"e4m3", 4, 3, false, [](uint32_t b) { return from_e4m3((uint8_t)b); }, [](float x) -> uint32_t { return to_e4m3(x); }},
};

TEST("number", "reads every pattern as its definition says, and writes it back") {
  for (const Format& format : FORMATS) {
    const uint32_t patterns = 1u << (1 + format.exponent_bits + format.fraction_bits);
    for (uint32_t bits = 0; bits < patterns; bits++) {
      const double expected = definition(bits, format.exponent_bits, format.fraction_bits, format.infinite);
      const float got = format.from(bits);
      if (std::isnan(expected)) {
        CHECK(std::isnan(got) && std::isnan(format.from(format.to(got))));
      } else if ((double)got != expected || std::signbit(got) != std::signbit(expected) || format.to(got) != bits) {
        fail(__FILE__, __LINE__, text("%s %x: %g, written %x", format.name, bits, got, format.to(got)));
      }
    }
  }
}

TEST("number", "rounds to the nearest, halves to even") {
  for (const Format& format : FORMATS) {
    const uint32_t largest = format.infinite ? ((1u << format.exponent_bits) - 1) << format.fraction_bits : 0x7fu;
    for (uint32_t bits = 0; bits + 1 < largest; bits++) {
      const double low = format.from(bits), high = format.from(bits + 1);
      const float middle = (float)((low + high) / 2);  // exact
      const uint32_t even = bits % 2 == 0 ? bits : bits + 1;
      if (format.to(middle) != even || format.to(std::nextafter(middle, 0.0f)) != bits ||
          format.to(std::nextafter(middle, INFINITY)) != bits + 1) {
        fail(__FILE__, __LINE__, text("%s: between %g and %g: %x %x %x", format.name, low, high,
                                      format.to(std::nextafter(middle, 0.0f)), format.to(middle),
                                      format.to(std::nextafter(middle, INFINITY))));
      }
    }
  }
}

TEST("number", "ends in infinity, or where there is none in the largest") {
  CHECK(to_f16(65519.0f) == 0x7bff && to_f16(65520.0f) == 0x7c00 && to_f16(-1e30f) == 0xfc00);
  CHECK(to_bf16(3.4e38f) == 0x7f80 && to_bf16(-INFINITY) == 0xff80);
  CHECK(to_e4m3(448.0f) == 0x7e && to_e4m3(1e9f) == 0x7e && to_e4m3(-INFINITY) == 0xfe && to_e4m3(463.0f) == 0x7e);
  CHECK(to_s8(1000.0f) == 127 && to_s8(-1000.0f) == -127 && to_s8(0.5f) == 0 && to_s8(1.5f) == 2 && to_s8(-2.5f) == -2);
}

TEST("number", "reads and writes eight as it does one, aligned or not") {
  for (const int64_t type : {LGC_F32, LGC_F16, LGC_BF16, LGC_S8, LGC_E4M3}) {
    const Numbers src = normal_numbers(32, type, 5, 0, 20);
    for (int64_t first = 0; first < 24; first++) {
      float eight[LANES];
      load8(src, type, first, eight);
      Numbers dst(32, type);
      store8(dst, type, first, eight);
      for (int64_t i = 0; i < LANES; i++) {
        CHECK((double)eight[i] == src[first + i] && dst[first + i] == src[first + i]);
      }
    }
  }
}

}  // namespace
