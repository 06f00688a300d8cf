#include <time.h>

#include "checks.h"

namespace {

typedef int32_t (*Kernel)(const void* args);
typedef int (*PrimitiveExecute)(const void* primitive, void* stream, int arg_count, const void* args);

int64_t nanoseconds_now() {
  timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * INT64_C(1000000000) + now.tv_nsec;
}

// LGV_OK, or the walk's status; what the function itself returned goes into `own_status`.
int32_t run(const lgv_command& command, int64_t* own_status) {
  *own_status = 0;
  if (command.function == nullptr) {
    return LGV_NULL_POINTER;
  }
  switch (command.kind) {
    case LGV_COMMAND_KERNEL: {
      int32_t status = reinterpret_cast<Kernel>(const_cast<void*>(command.function))(command.args);
      *own_status = status;
      return status;
    }
    case LGV_COMMAND_PRIMITIVE: {
      if (command.arg_count < 0 || command.arg_count > INT32_MAX) {
        return LGV_BAD_SIZE;
      }
      auto execute = reinterpret_cast<PrimitiveExecute>(const_cast<void*>(command.function));
      *own_status = execute(command.primitive, command.stream, (int)command.arg_count, command.args);
      return *own_status == 0 ? LGV_OK : LGV_PRIMITIVE_FAILED;
    }
    default:
      return LGV_BAD_COMMAND;
  }
}

}  // namespace

int32_t lgv_walk(lgv_walk_args* args) {
  if (args == nullptr) {
    return LGV_NULL_POINTER;
  }
  args->failed_index = -1;
  args->failed_status = 0;
  if (args->count < 0) {
    return LGV_BAD_SIZE;
  }
  if (args->count > 0 && args->commands == nullptr) {
    return LGV_NULL_POINTER;
  }
  int64_t start = args->nanoseconds == nullptr ? 0 : nanoseconds_now();
  for (int64_t i = 0; i < args->count; i++) {
    int64_t own_status;
    int32_t status = run(args->commands[i], &own_status);
    if (status != LGV_OK) {
      args->failed_index = i;
      args->failed_status = own_status;
      return status;
    }
    if (args->nanoseconds != nullptr) {
      int64_t end = nanoseconds_now();
      args->nanoseconds[i] = end - start;
      start = end;
    }
  }
  return LGV_OK;
}
