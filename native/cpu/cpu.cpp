// What the machine can do, and which kernels follow from it.
#include <cpuid.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "kernels.h"

namespace {

using namespace lgv;

// Which register states the operating system saves (XCR0): without that the instructions fault.
uint64_t enabled_states() {
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return (uint64_t)high << 32 | low;
}

// Intel's Software Developer's Manual, volume 2A, CPUID; and volume 1, section 13.2, for the state components.
int64_t find_features() {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d)) {
    return 0;
  }
  int64_t features = 0;
  auto add = [&](bool has, int64_t bit) { features |= has ? bit : 0; };
  auto bit = [](uint32_t word, int index) { return (word >> index & 1) != 0; };

  const uint64_t states = bit(c, 27) ? enabled_states() : 0;
  const bool avx = (states & 0x6) == 0x6;            // xmm, ymm
  const bool avx512 = (states & 0xe6) == 0xe6;       // and masks, zmm's upper halves, zmm16 to zmm31
  const bool amx = (states & 0x60000) == 0x60000;    // tile configuration and data

  add(bit(c, 20), LGV_CPU_SSE4_2);
  add(avx && bit(c, 12), LGV_CPU_FMA);
  add(avx && bit(c, 29), LGV_CPU_F16C);
  if (__get_cpuid_count(7, 0, &a, &b, &c, &d)) {
    const uint32_t last_subleaf = a;
    add(avx && bit(b, 5), LGV_CPU_AVX2);
    add(avx512 && bit(b, 16), LGV_CPU_AVX512F);
    add(avx512 && bit(b, 17), LGV_CPU_AVX512DQ);
    add(avx512 && bit(b, 30), LGV_CPU_AVX512BW);
    add(avx512 && bit(b, 31), LGV_CPU_AVX512VL);
    add(avx512 && bit(c, 11), LGV_CPU_AVX512_VNNI);
    add(amx && bit(d, 22), LGV_CPU_AMX_BF16);
    add(avx512 && bit(d, 23), LGV_CPU_AVX512_FP16);
    add(amx && bit(d, 24), LGV_CPU_AMX_TILE);
    add(amx && bit(d, 25), LGV_CPU_AMX_INT8);
    if (last_subleaf >= 1 && __get_cpuid_count(7, 1, &a, &b, &c, &d)) {
      add(avx && bit(a, 4), LGV_CPU_AVX_VNNI);
      add(avx512 && bit(a, 5), LGV_CPU_AVX512_BF16);
    }
  }
  return features;
}

struct Level {
  const Kernels* kernels;
  int64_t needs;
};

const Level LEVELS[] = {  // best last
    {&baseline_kernels, 0},
    {&avx2_kernels, LGV_CPU_AVX2 | LGV_CPU_FMA | LGV_CPU_F16C},
    {&avx512_kernels, LGV_CPU_AVX512F | LGV_CPU_AVX512BW | LGV_CPU_AVX512DQ | LGV_CPU_AVX512VL | LGV_CPU_AVX2 |
                          LGV_CPU_FMA | LGV_CPU_F16C},
};
constexpr int LEVEL_COUNT = sizeof LEVELS / sizeof LEVELS[0];

int highest_allowed() {
  const char* name = getenv("LANGEVIN_MAX_ISA");
  if (name == nullptr || *name == '\0') {
    return LEVEL_COUNT - 1;
  }
  for (int i = 0; i < LEVEL_COUNT; i++) {
    if (strcmp(name, LEVELS[i].kernels->isa) == 0) {
      return i;
    }
  }
  fprintf(stderr, "langevin: LANGEVIN_MAX_ISA=%s is none of baseline, avx2, avx512 and is ignored\n", name);
  return LEVEL_COUNT - 1;
}

const Kernels* choose() {
  const int64_t features = find_features();
  int level = highest_allowed();
  while ((features & LEVELS[level].needs) != LEVELS[level].needs) {
    level--;
  }
  return LEVELS[level].kernels;
}

const Kernels* const chosen = choose();  // when the library is loaded

}  // namespace

const lgv::Kernels& lgv::kernels() { return *chosen; }

int64_t lgv_cpu_features(void) { return find_features(); }
