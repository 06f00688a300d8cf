// Memory for weights and activations: large blocks that are read end to end.
#include <sys/mman.h>

#include "langevin.h"

namespace {

constexpr int64_t kHugePage = INT64_C(2) << 20;

}  // namespace

extern "C" {

void* lgv_allocate(int64_t bytes) {
  if (bytes < 1 || bytes > INT64_MAX - kHugePage) {
    return nullptr;
  }
  // A block that is to lie in huge pages has to begin at one: room for that is mapped too, and given back.
  const size_t size = static_cast<size_t>(bytes);
  const size_t room = bytes >= kHugePage ? size + kHugePage : size;
  void* mapped = mmap(nullptr, room, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  if (mapped == MAP_FAILED) {
    return nullptr;
  }
  if (room == size) {
    return mapped;
  }
  const uintptr_t page = 4096;
  const uintptr_t begin = reinterpret_cast<uintptr_t>(mapped);
  const uintptr_t aligned = (begin + kHugePage - 1) / kHugePage * kHugePage;
  const uintptr_t end = (aligned + size + page - 1) / page * page;
  const uintptr_t mapped_end = (begin + room + page - 1) / page * page;
  if (aligned > begin) {
    munmap(mapped, aligned - begin);
  }
  if (mapped_end > end) {
    munmap(reinterpret_cast<void*>(end), mapped_end - end);
  }
  void* block = reinterpret_cast<void*>(aligned);
  madvise(block, end - aligned, MADV_HUGEPAGE);  // where the system has none, small pages do
  return block;
}

int32_t lgv_free(void* memory, int64_t bytes) {
  if (memory == nullptr) {
    return LGV_NULL_POINTER;
  }
  if (bytes < 1 || munmap(memory, static_cast<size_t>(bytes)) != 0) {
    return LGV_BAD_SIZE;
  }
  return LGV_OK;
}

}  // extern "C"
