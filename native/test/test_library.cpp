#include <stdlib.h>
#include <string.h>

#include <set>
#include <string>

#include "check.h"

TEST("library", "knows its version and a text for every status") {
  CHECK(lgv_version() == LGV_VERSION);
  std::set<std::string> texts;
  for (int32_t status = LGV_OK; status <= LGV_BAD_REGISTER; status++) {
    texts.insert(lgv_status_text(status));
  }
  texts.insert(lgv_status_text(-1));
  CHECK(texts.size() == LGV_BAD_REGISTER + 2);
}

// A wrong bit of CPUID would show here, or as an illegal instruction in a kernel.
TEST("library", "sees the features that the compiler's own detection sees") {
  __builtin_cpu_init();
  int64_t features = lgv_cpu_features();
#define CHECK_FEATURE(bit, name) CHECK(((features & (bit)) != 0) == (__builtin_cpu_supports(name) != 0))
  CHECK_FEATURE(LGV_CPU_SSE4_2, "sse4.2");
  CHECK_FEATURE(LGV_CPU_AVX2, "avx2");
  CHECK_FEATURE(LGV_CPU_FMA, "fma");
  CHECK_FEATURE(LGV_CPU_AVX512F, "avx512f");
  CHECK_FEATURE(LGV_CPU_AVX512BW, "avx512bw");
  CHECK_FEATURE(LGV_CPU_AVX512DQ, "avx512dq");
  CHECK_FEATURE(LGV_CPU_AVX512VL, "avx512vl");
  CHECK_FEATURE(LGV_CPU_AVX512_VNNI, "avx512vnni");
  CHECK_FEATURE(LGV_CPU_AVX512_BF16, "avx512bf16");
}

TEST("library", "runs at the level asked for, or at the best below it") {
  int64_t features = lgv_cpu_features();
  int best = (features & LGV_CPU_AVX512DQ) ? 2 : (features & LGV_CPU_AVX2) ? 1 : 0;
  const char* names[] = {"baseline", "avx2", "avx512"};
  const char* asked = getenv("LANGEVIN_MAX_ISA");
  int level = best;
  for (int i = 0; asked != nullptr && i < best; i++) {
    if (strcmp(asked, names[i]) == 0) {
      level = i;
    }
  }
  CHECK(strcmp(lgv_isa_name(), names[level]) == 0);
}

TEST("library", "keeps the number of threads, and refuses none and too many") {
  int32_t before = lgv_num_threads();
  CHECK_STATUS(LGV_OK, lgv_set_num_threads(3));
  CHECK(lgv_num_threads() == 3);
  CHECK_STATUS(LGV_BAD_SIZE, lgv_set_num_threads(0));
  CHECK_STATUS(LGV_BAD_SIZE, lgv_set_num_threads(LGV_MAX_THREADS + 1));
  CHECK(lgv_num_threads() == 3);
  CHECK_STATUS(LGV_OK, lgv_set_num_threads(before));
}

// A block that is cut wrongly out of what was mapped would fault at one of its ends, or leave its tail mapped for ever.
TEST("library", "gives zeroed memory from the first byte to the last, at a huge page where it is large") {
  for (int64_t bytes : {INT64_C(1), INT64_C(4097), INT64_C(2) << 20, (INT64_C(7) << 20) + 12345}) {
    char* block = static_cast<char*>(lgv_allocate(bytes));
    CHECK(block != nullptr);
    CHECK(bytes < (INT64_C(2) << 20) || reinterpret_cast<uintptr_t>(block) % (INT64_C(2) << 20) == 0);
    CHECK(block[0] == 0 && block[bytes - 1] == 0);
    memset(block, 1, static_cast<size_t>(bytes));
    CHECK(lgv_free(block, bytes) == LGV_OK);
  }
  CHECK(lgv_allocate(0) == nullptr);
  CHECK(lgv_allocate(INT64_MAX) == nullptr);
  CHECK(lgv_free(nullptr, 1) == LGV_NULL_POINTER);
}
