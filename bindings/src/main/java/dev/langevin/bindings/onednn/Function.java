package dev.langevin.bindings.onednn;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * The functions of oneDNN that are bound, each with its signature: p a pointer (passed as a plain address, which is three
 * times cheaper than a segment), i a 32-bit integer, l a 64-bit one, f a float. All return a 32-bit status but where an r
 * stands first: a pointer or size. A handle is made at the first call.
 */
enum Function {
  ENGINE_CREATE("dnnl_engine_create", "pil"),
  ENGINE_DESTROY("dnnl_engine_destroy", "p"),
  STREAM_CREATE("dnnl_stream_create", "ppi"),
  STREAM_DESTROY("dnnl_stream_destroy", "p"),
  STREAM_WAIT("dnnl_stream_wait", "p"),
  MEMORY_CREATE("dnnl_memory_create", "pppp"),
  MEMORY_DESTROY("dnnl_memory_destroy", "p"),
  DESC_WITH_STRIDES("dnnl_memory_desc_create_with_strides", "pipip"),
  DESC_WITH_TAG("dnnl_memory_desc_create_with_tag", "pipii"),
  DESC_CLONE("dnnl_memory_desc_clone", "pp"),
  DESC_DESTROY("dnnl_memory_desc_destroy", "p"),
  DESC_SIZE("dnnl_memory_desc_get_size", "rp"),
  DESC_QUERY("dnnl_memory_desc_query", "pip"),
  DESC_SUBMEMORY("dnnl_memory_desc_create_submemory", "pppp"),
  ATTR_CREATE("dnnl_primitive_attr_create", "p"),
  ATTR_DESTROY("dnnl_primitive_attr_destroy", "p"),
  ATTR_SET_POST_OPS("dnnl_primitive_attr_set_post_ops", "pp"),
  ATTR_SET_SCRATCHPAD_MODE("dnnl_primitive_attr_set_scratchpad_mode", "pi"),
  POST_OPS_CREATE("dnnl_post_ops_create", "p"),
  POST_OPS_DESTROY("dnnl_post_ops_destroy", "p"),
  POST_OPS_ELTWISE("dnnl_post_ops_append_eltwise", "piff"),
  POST_OPS_BINARY("dnnl_post_ops_append_binary", "pip"),
  CONVOLUTION("dnnl_convolution_forward_primitive_desc_create", "ppiippppppppp"),
  MATMUL("dnnl_matmul_primitive_desc_create", "ppppppp"),
  ELTWISE("dnnl_eltwise_forward_primitive_desc_create", "ppiippffp"),
  BINARY("dnnl_binary_primitive_desc_create", "ppipppp"),
  CONCAT("dnnl_concat_primitive_desc_create", "pppiipp"),
  REORDER("dnnl_reorder_primitive_desc_create", "pppppp"),
  RESAMPLING("dnnl_resampling_forward_primitive_desc_create", "ppiipppp"),
  POOLING("dnnl_pooling_forward_primitive_desc_create", "ppiipppppppp"),
  SOFTMAX("dnnl_softmax_forward_primitive_desc_create", "ppiippip"),
  GROUP_NORM("dnnl_group_normalization_forward_primitive_desc_create", "ppipplfip"),
  LAYER_NORM("dnnl_layer_normalization_forward_primitive_desc_create", "ppipppfip"),
  PRIMITIVE_DESC_QUERY("dnnl_primitive_desc_query", "piip"),
  PRIMITIVE_DESC_QUERY_MD("dnnl_primitive_desc_query_md", "rpii"),
  PRIMITIVE_DESC_DESTROY("dnnl_primitive_desc_destroy", "p"),
  PRIMITIVE_CREATE("dnnl_primitive_create", "pp"),
  PRIMITIVE_DESTROY("dnnl_primitive_destroy", "p"),
  VERSION("dnnl_version", "r"),
  EFFECTIVE_CPU_ISA("dnnl_get_effective_cpu_isa", "");

  private static final String[] STATUS = {
    "success", "out of memory", "invalid arguments", "unimplemented", "last implementation reached", "runtime error",
    "not required", "invalid graph", "invalid graph op", "invalid shape", "invalid data type"
  };

  private final String symbol;
  private final String signature;
  private volatile MethodHandle handle;

  Function(String symbol, String signature) {
    this.symbol = symbol;
    this.signature = signature;
  }

  String symbol() {
    return symbol;
  }

  FunctionDescriptor descriptor() {
    boolean wide = signature.startsWith("r");
    MemoryLayout[] arguments = signature.substring(wide ? 1 : 0).chars().mapToObj(c -> switch (c) {
      case 'p', 'l' -> ValueLayout.JAVA_LONG;
      case 'i' -> ValueLayout.JAVA_INT;
      case 'f' -> ValueLayout.JAVA_FLOAT;
      default -> throw new AssertionError(symbol);
    }).toArray(MemoryLayout[]::new);
    return FunctionDescriptor.of(wide ? ValueLayout.JAVA_LONG : ValueLayout.JAVA_INT, arguments);
  }

  /** Calls and checks the status; for planning, not for steps: arguments are boxed. */
  void call(String what, Object... arguments) {
    int status = ((Number) invoke(arguments)).intValue();
    if (status != 0) {
      throw new NativeException(symbol + "(" + what + "): " + statusName(status) + " (" + status + ")");
    }
  }

  /** Calls a function that returns a pointer or a number, not a status. */
  long value(Object... arguments) {
    return ((Number) invoke(arguments)).longValue();
  }

  static String statusName(int status) {
    return status >= 0 && status < STATUS.length ? STATUS[status] : "unknown status";
  }

  private Object invoke(Object... arguments) {
    try {
      return handle().invokeWithArguments(arguments);
    } catch (RuntimeException | Error e) {
      throw e;
    } catch (Throwable e) {
      throw new AssertionError(symbol, e); // a downcall handle throws nothing checked
    }
  }

  @SuppressWarnings("restricted")
  MethodHandle handle() {
    MethodHandle bound = handle;
    if (bound == null) {
      bound = Linker.nativeLinker().downcallHandle(address(symbol), descriptor());
      handle = bound;
    }
    return bound;
  }

  static MemorySegment address(String symbol) {
    return NativeLibraries.oneDnn().find(symbol)
        .orElseThrow(() -> new NativeException("oneDNN has no function " + symbol + "; is it version 3.13?"));
  }
}
