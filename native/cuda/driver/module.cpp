// Modules, and launches. Whatever image is loaded, its functions are the emulated kernels of this library.
#include <stdio.h>
#include <string.h>

#include "driver.h"

using namespace driver;

namespace {

// What a device's driver would take: machine code (ELF, or several in a bundle) or PTX; and this library's own word for none.
bool is_image(const void* image) {
  const unsigned char elf[] = {0x7f, 'E', 'L', 'F'}, bundle[] = {0x50, 0xed, 0x55, 0xba}, wrapper[] = {0xb1, 0x43, 0x62, 0x46};
  const char* const text = static_cast<const char*>(image);
  return memcmp(image, elf, 4) == 0 || memcmp(image, bundle, 4) == 0 || memcmp(image, wrapper, 4) == 0 ||
         strncmp(text, "//", 2) == 0 || strncmp(text, ".version", 8) == 0 ||
         strncmp(text, "langevin emulated kernels", 25) == 0;
}

const void* load(const void* image, CUresult* error) {
  *error = image == nullptr ? CUDA_ERROR_INVALID_VALUE : !is_image(image) ? CUDA_ERROR_INVALID_IMAGE : unsafe_in_capture();
  if (*error != CUDA_SUCCESS) {
    return nullptr;
  }
  const void* const module = new char;
  state().modules.insert(module);
  return module;
}

CUresult unload(const void* module) {
  REQUIRE(state().modules.erase(module) == 1, CUDA_ERROR_INVALID_HANDLE)
  delete static_cast<const char*>(module);
  return CUDA_SUCCESS;
}

CUresult look_up(void** function, const void* module, const char* name) {
  REQUIRE(state().modules.count(module) != 0, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(function != nullptr && name != nullptr, CUDA_ERROR_INVALID_VALUE)
  const emulation::Kernel* const kernel = emulation::find(name);
  *function = const_cast<emulation::Kernel*>(kernel);
  return kernel == nullptr ? CUDA_ERROR_NOT_FOUND : CUDA_SUCCESS;
}

const emulation::Kernel* kernel_of(CUfunction function) {
  for (const emulation::Kernel* kernel : emulation::kernels()) {
    if (reinterpret_cast<CUfunction>(const_cast<emulation::Kernel*>(kernel)) == function) {
      return kernel;
    }
  }
  return nullptr;
}

// The one argument, by either of the two ways to give it; empty if it is not there or of another size.
std::vector<char> argument(const emulation::Kernel& kernel, void** parameters, void** extra) {
  if (parameters != nullptr) {
    const char* const from = static_cast<const char*>(parameters[0]);
    return from == nullptr || extra != nullptr ? std::vector<char>() : std::vector<char>(from, from + kernel.bytes);
  }
  const char* from = nullptr;
  size_t bytes = 0;
  for (void** key = extra; key != nullptr && reinterpret_cast<uintptr_t>(*key) != LGC_LAUNCH_PARAM_END; key += 2) {
    if (reinterpret_cast<uintptr_t>(*key) == LGC_LAUNCH_PARAM_BUFFER_POINTER) {
      from = static_cast<const char*>(key[1]);
    } else if (reinterpret_cast<uintptr_t>(*key) == LGC_LAUNCH_PARAM_BUFFER_SIZE) {
      bytes = *static_cast<const size_t*>(key[1]);
    } else {
      return {};
    }
  }
  return from == nullptr || bytes != kernel.bytes ? std::vector<char>() : std::vector<char>(from, from + bytes);
}

CUresult run(const emulation::Kernel& kernel, emulation::Dim grid, emulation::Dim block, const std::vector<char>& args) {
  State& all = state();
  all.kernels++;
  const CUresult struck = strike("kernel");
  REQUIRE(struck == CUDA_SUCCESS, struck)
  if (all.settings.skip) {
    return CUDA_SUCCESS;
  }
  const std::string error = emulation::launch(kernel, grid, block, args.data(), all.settings.order, all.settings.workers);
  if (!error.empty()) {
    fprintf(stderr, "langevin's CUDA driver: %s\n", error.c_str());
    return CUDA_ERROR_LAUNCH_FAILED;
  }
  return CUDA_SUCCESS;
}

}  // namespace

CUresult cuModuleLoadData(CUmodule* module, const void* image) {
  BEGIN(CONTEXT)
  REQUIRE(module != nullptr, CUDA_ERROR_INVALID_VALUE)
  CUresult error;
  *module = reinterpret_cast<CUmodule>(const_cast<void*>(load(image, &error)));
  return error;
}

CUresult cuModuleUnload(CUmodule module) {
  BEGIN(INITIALISED)
  return unload(module);
}

CUresult cuModuleGetFunction(CUfunction* function, CUmodule module, const char* name) {
  BEGIN(CONTEXT)
  return look_up(reinterpret_cast<void**>(function), module, name);
}

CUresult cuLibraryLoadData(CUlibrary* library, const void* code, void*, void**, unsigned, void*, void**, unsigned) {
  BEGIN(INITIALISED)
  REQUIRE(library != nullptr, CUDA_ERROR_INVALID_VALUE)
  CUresult error;
  *library = reinterpret_cast<CUlibrary>(const_cast<void*>(load(code, &error)));
  return error;
}

CUresult cuLibraryUnload(CUlibrary library) {
  BEGIN(INITIALISED)
  return unload(library);
}

CUresult cuLibraryGetKernel(CUkernel* kernel, CUlibrary library, const char* name) {
  BEGIN(INITIALISED)
  return look_up(reinterpret_cast<void**>(kernel), library, name);
}

CUresult cuKernelGetFunction(CUfunction* function, CUkernel kernel) {
  BEGIN(CONTEXT)
  REQUIRE(function != nullptr, CUDA_ERROR_INVALID_VALUE)
  *function = reinterpret_cast<CUfunction>(kernel);
  return kernel_of(*function) == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
}

CUresult cuFuncGetAttribute(int* value, int attribute, CUfunction function) {
  BEGIN(CONTEXT)
  const emulation::Kernel* const kernel = kernel_of(function);
  REQUIRE(kernel != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(value != nullptr, CUDA_ERROR_INVALID_VALUE)
  *value = attribute == CU_FUNC_ATTRIBUTE_MAX_THREADS_PER_BLOCK ? (int)kernel->threads : 0;
  return CUDA_SUCCESS;
}

CUresult cuFuncSetAttribute(CUfunction function, int, int) {
  BEGIN(CONTEXT)
  return kernel_of(function) == nullptr ? CUDA_ERROR_INVALID_HANDLE : CUDA_SUCCESS;
}

CUresult cuOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, CUfunction function, int block_size, size_t) {
  BEGIN(CONTEXT)
  REQUIRE(kernel_of(function) != nullptr, CUDA_ERROR_INVALID_HANDLE)
  REQUIRE(blocks != nullptr && block_size > 0, CUDA_ERROR_INVALID_VALUE)
  *blocks = 2048 / block_size;
  return CUDA_SUCCESS;
}

CUresult cuLaunchKernel(CUfunction function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x,
                        unsigned block_y, unsigned block_z, unsigned shared_bytes, CUstream handle, void** parameters,
                        void** extra) {
  BEGIN(CONTEXT)
  const emulation::Kernel* const kernel = kernel_of(function);
  Stream* const stream = stream_of(handle);
  REQUIRE(kernel != nullptr && stream != nullptr, CUDA_ERROR_INVALID_HANDLE)
  const uint64_t threads = (uint64_t)block_x * block_y * block_z;
  REQUIRE(grid_x > 0 && grid_x <= 2147483647 && grid_y > 0 && grid_y <= 65535 && grid_z > 0 && grid_z <= 65535 &&
              threads > 0 && threads <= 1024 && block_z <= 64 && shared_bytes <= 48 << 10,
          CUDA_ERROR_INVALID_VALUE)
  REQUIRE(threads <= kernel->threads, CUDA_ERROR_LAUNCH_OUT_OF_RESOURCES)
  const std::vector<char> args = argument(*kernel, parameters, extra);
  REQUIRE(!args.empty(), CUDA_ERROR_INVALID_VALUE)
  state().launches++;
  return put(*stream, [=] { return run(*kernel, {grid_x, grid_y, grid_z}, {block_x, block_y, block_z}, args); });
}
