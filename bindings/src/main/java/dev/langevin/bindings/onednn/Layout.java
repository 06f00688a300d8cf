package dev.langevin.bindings.onednn;

import dev.langevin.bindings.abi.Struct;

/** The structs of oneDNN's headers that Java reads or writes. */
enum Layout {
  EXEC_ARG("dnnl_exec_arg_t", "i arg", "p memory"),
  VERSION("dnnl_version_t", "i major minor patch", "p hash", "i cpu_runtime gpu_runtime");

  final Struct struct;

  Layout(String name, String... runs) {
    struct = new Struct(name, runs);
  }

  long offset(String field) {
    return struct.field(field).offset();
  }
}
