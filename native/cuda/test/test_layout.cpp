// That the blocks of arguments are what their header promises.
#include "device_check.h"
#include "emulation.h"

using namespace test;

namespace {

TEST("layout", "every block of arguments is of whole words and fits into a launch") {
  int found = 0;
  for (const emulation::Kernel* kernel : emulation::kernels()) {
    if (std::string(kernel->name).rfind("lgc_", 0) == 0) {
      found++;
      CHECK(kernel->bytes % 8 == 0 && kernel->bytes <= 4096 && kernel->threads % 32 == 0 && kernel->threads <= 1024);
      CHECK(emulation::find(kernel->name) == kernel);
    }
  }
  CHECK(found == 24);
}

}  // namespace
