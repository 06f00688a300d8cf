// Memory of the device: blocks between pages that nobody may touch, filled with numbers that are none.
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>

#include "driver.h"

namespace driver {

namespace {

constexpr size_t ALIGNMENT = 256;
constexpr unsigned char UNSET = 0xff;   // NaN in every type of float
constexpr unsigned char BEHIND = 0xa5;  // between a block's end and the next page

size_t rounded(size_t bytes, size_t to) { return (bytes + to - 1) / to * to; }

}  // namespace

bool inside(CUdeviceptr address, size_t bytes) {
  const auto& blocks = state().blocks;
  auto next = blocks.upper_bound(address);
  if (next == blocks.begin()) {
    return false;
  }
  --next;
  const size_t offset = address - next->first;
  return offset <= next->second.bytes && bytes <= next->second.bytes - offset;
}

namespace {

// Work on memory: it must be there when it is done too.
CUresult put_copy(Stream& stream, CUdeviceptr to, CUdeviceptr from, size_t bytes, Work work) {
  REQUIRE((to == 0 || inside(to, bytes)) && (from == 0 || inside(from, bytes)), CUDA_ERROR_INVALID_VALUE)
  return put(stream, [=]() -> CUresult {
    REQUIRE((to == 0 || inside(to, bytes)) && (from == 0 || inside(from, bytes)), CUDA_ERROR_ILLEGAL_ADDRESS)
    return work();
  });
}

void* pointer(CUdeviceptr address) { return reinterpret_cast<void*>(address); }

}  // namespace
}  // namespace driver

using namespace driver;

CUresult cuMemGetInfo_v2(size_t* available, size_t* total) {
  BEGIN(CONTEXT)
  REQUIRE(available != nullptr && total != nullptr, CUDA_ERROR_INVALID_VALUE)
  const State& all = state();
  *total = all.settings.memory;
  *available = all.settings.memory > all.bytes ? all.settings.memory - all.bytes : 0;
  return CUDA_SUCCESS;
}

CUresult cuMemAlloc_v2(CUdeviceptr* address, size_t bytes) {
  BEGIN(CONTEXT)
  REQUIRE(address != nullptr && bytes > 0, CUDA_ERROR_INVALID_VALUE)
  const CUresult refused = unsafe_in_capture();
  REQUIRE(refused == CUDA_SUCCESS, refused)
  State& all = state();
  REQUIRE(bytes <= all.settings.memory && all.bytes <= all.settings.memory - bytes, CUDA_ERROR_OUT_OF_MEMORY)
  const size_t page = (size_t)sysconf(_SC_PAGESIZE), kept = rounded(bytes, ALIGNMENT);
  const size_t mapped = rounded(kept, page) + 2 * page;
  void* mapping = mmap(nullptr, mapped, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
  REQUIRE(mapping != MAP_FAILED, CUDA_ERROR_OUT_OF_MEMORY)
  char* const base = static_cast<char*>(mapping);
  if (mprotect(base + page, mapped - 2 * page, PROT_READ | PROT_WRITE) != 0) {
    munmap(base, mapped);
    return CUDA_ERROR_OUT_OF_MEMORY;
  }
  char* const first = base + mapped - page - kept;
  memset(first, UNSET, bytes);
  memset(first + bytes, BEHIND, kept - bytes);
  all.blocks[reinterpret_cast<uintptr_t>(first)] = {base, mapped, bytes};
  all.bytes += bytes;
  all.peak = std::max(all.peak, all.bytes);
  *address = reinterpret_cast<uintptr_t>(first);
  return CUDA_SUCCESS;
}

// Waits for the device first, as on one. Works in a context that has failed too: what is left must be given back.
CUresult cuMemFree_v2(CUdeviceptr address) {
  BEGIN(INITIALISED)
  const CUresult refused = unsafe_in_capture();
  REQUIRE(refused == CUDA_SUCCESS, refused)
  State& all = state();
  const auto found = all.blocks.find(address);
  REQUIRE(found != all.blocks.end(), CUDA_ERROR_INVALID_VALUE)
  const CUresult error = finish_all();
  const Block block = found->second;
  const unsigned char* const end = reinterpret_cast<const unsigned char*>(address) + block.bytes;
  const size_t behind = rounded(block.bytes, ALIGNMENT) - block.bytes;
  const size_t overrun = (size_t)std::count_if(end, end + behind, [](unsigned char byte) { return byte != BEHIND; });
  all.overruns += (long)overrun;
  all.bytes -= block.bytes;
  all.blocks.erase(found);
  munmap(block.mapping, block.mapped);
  return overrun > 0 ? CUDA_ERROR_ILLEGAL_ADDRESS : error;
}

CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
  BEGIN(CONTEXT)
  REQUIRE(memory != nullptr && bytes > 0, CUDA_ERROR_INVALID_VALUE)
  const CUresult refused = unsafe_in_capture();
  REQUIRE(refused == CUDA_SUCCESS, refused)
  *memory = aligned_alloc(4096, rounded(bytes, 4096));
  REQUIRE(*memory != nullptr, CUDA_ERROR_OUT_OF_MEMORY)
  memset(*memory, UNSET, bytes);
  state().host_blocks[*memory] = bytes;
  return CUDA_SUCCESS;
}

CUresult cuMemFreeHost(void* memory) {
  BEGIN(INITIALISED)
  REQUIRE(state().host_blocks.erase(memory) == 1, CUDA_ERROR_INVALID_VALUE)
  const CUresult error = finish_all();
  free(memory);
  return error;
}

CUresult cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, CUstream handle) {
  BEGIN(CONTEXT)
  Stream* const stream = stream_of(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(to != 0 && from != nullptr, CUDA_ERROR_INVALID_VALUE)
  return put_copy(*stream, to, 0, bytes, [=]() -> CUresult { memcpy(pointer(to), from, bytes); return CUDA_SUCCESS; });
}

CUresult cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, CUstream handle) {
  BEGIN(CONTEXT)
  Stream* const stream = stream_of(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(to != nullptr && from != 0, CUDA_ERROR_INVALID_VALUE)
  return put_copy(*stream, 0, from, bytes, [=]() -> CUresult { memcpy(to, pointer(from), bytes); return CUDA_SUCCESS; });
}

CUresult cuMemcpyDtoDAsync_v2(CUdeviceptr to, CUdeviceptr from, size_t bytes, CUstream handle) {
  BEGIN(CONTEXT)
  Stream* const stream = stream_of(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(to != 0 && from != 0, CUDA_ERROR_INVALID_VALUE)
  return put_copy(*stream, to, from, bytes, [=]() -> CUresult { memmove(pointer(to), pointer(from), bytes); return CUDA_SUCCESS; });
}

// Without a stream: in the stream 0, and to its end.
CUresult cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes) {
  BEGIN(CONTEXT)
  const CUresult refused = unsafe_in_capture();
  REQUIRE(refused == CUDA_SUCCESS, refused)
  REQUIRE(from != nullptr && to != 0 && inside(to, bytes), CUDA_ERROR_INVALID_VALUE)
  const CUresult error = finish(state().zero);
  memcpy(pointer(to), from, bytes);
  return error;
}

CUresult cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes) {
  BEGIN(CONTEXT)
  const CUresult refused = unsafe_in_capture();
  REQUIRE(refused == CUDA_SUCCESS, refused)
  REQUIRE(to != nullptr && from != 0 && inside(from, bytes), CUDA_ERROR_INVALID_VALUE)
  const CUresult error = finish(state().zero);
  memcpy(to, pointer(from), bytes);
  return error;
}

CUresult cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, CUstream handle) {
  BEGIN(CONTEXT)
  Stream* const stream = stream_of(handle);
  REQUIRE(stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(to != 0 && to % 4 == 0 && count <= SIZE_MAX / 4, CUDA_ERROR_INVALID_VALUE)
  return put_copy(*stream, to, 0, 4 * count, [=]() -> CUresult {
    std::fill_n(static_cast<unsigned*>(pointer(to)), count, value);
    return CUDA_SUCCESS;
  });
}
