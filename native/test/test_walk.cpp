#include "check.h"

using namespace test;

namespace {

// Stands for dnnl_primitive_execute: what it is given is noted, and its status is the primitive's value.
struct Call {
  const void* primitive;
  void* stream;
  int arg_count;
  const void* args;
} last_call;

int execute(const void* primitive, void* stream, int arg_count, const void* args) {
  last_call = {primitive, stream, arg_count, args};
  return *static_cast<const int*>(primitive);
}

lgv_command kernel_command(const void* function, const void* args) {
  return {LGV_COMMAND_KERNEL, function, args, nullptr, nullptr, 0};
}

struct Copying {
  Copying(Floats& src, Floats& dst) : args{src, dst, src.count(), 4, 4, 4} {}
  lgv_copy_2d_args args;
  lgv_command command() const { return kernel_command(reinterpret_cast<const void*>(lgv_copy_2d), &args); }
};

TEST("walk", "runs kernels and primitives in order and measures each") {
  Floats a = normal(10, 1), b(10), c(10);
  Copying first(a, b), second(b, c);
  const int success = 0;
  int stream = 0, dnnl_args = 0;
  lgv_command primitive{LGV_COMMAND_PRIMITIVE, reinterpret_cast<const void*>(execute), &dnnl_args, &success, &stream, 3};
  const lgv_command commands[] = {first.command(), primitive, second.command()};
  int64_t nanoseconds[3] = {-1, -1, -1};
  lgv_walk_args walk{commands, 3, nanoseconds, 5, 5};
  CHECK_STATUS(LGV_OK, lgv_walk(&walk));
  CHECK(walk.failed_index == -1 && walk.failed_status == 0);
  CHECK(c.same_bits(a));
  CHECK(last_call.primitive == &success && last_call.stream == &stream);
  CHECK(last_call.arg_count == 3 && last_call.args == &dnnl_args);
  for (int64_t time : nanoseconds) {
    CHECK(time >= 0 && time < INT64_C(10000000000));
  }
}

TEST("walk", "stops at the first failure and says which and why") {
  Floats a = normal(10, 1), b(10), c(10);
  Copying first(a, b), bad(a, b), last(b, c);
  bad.args.rows = -1;
  lgv_command commands[] = {first.command(), bad.command(), last.command()};
  lgv_walk_args walk{commands, 3, nullptr, 0, 0};
  CHECK_STATUS(LGV_BAD_SIZE, lgv_walk(&walk));
  CHECK(walk.failed_index == 1 && walk.failed_status == LGV_BAD_SIZE);
  CHECK(b.same_bits(a));
  CHECK(c[0] != c[0]);  // not reached

  const int failure = 6;
  commands[1] = {LGV_COMMAND_PRIMITIVE, reinterpret_cast<const void*>(execute), nullptr, &failure, nullptr, 0};
  CHECK_STATUS(LGV_PRIMITIVE_FAILED, lgv_walk(&walk));
  CHECK(walk.failed_index == 1 && walk.failed_status == 6);

  commands[1].kind = 2;
  CHECK_STATUS(LGV_BAD_COMMAND, lgv_walk(&walk));
  commands[1].kind = LGV_COMMAND_KERNEL;
  commands[1].function = nullptr;
  CHECK_STATUS(LGV_NULL_POINTER, lgv_walk(&walk));
  CHECK(walk.failed_index == 1);
  walk.count = -1;
  CHECK_STATUS(LGV_BAD_SIZE, lgv_walk(&walk));
  walk = {nullptr, 1, nullptr, 0, 0};
  CHECK_STATUS(LGV_NULL_POINTER, lgv_walk(&walk));
  CHECK_STATUS(LGV_NULL_POINTER, lgv_walk(nullptr));
}

}  // namespace
