package dev.langevin.bindings.onednn;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.NativeLibraries;
import dev.langevin.bindings.abi.NativeFunction;

/** The functions of oneDNN that are bound, with their signatures as {@link NativeFunction} reads them. */
enum Function {
  ENGINE_CREATE("dnnl_engine_create", "i=pil"),
  ENGINE_DESTROY("dnnl_engine_destroy", "i=p"),
  STREAM_CREATE("dnnl_stream_create", "i=ppi"),
  STREAM_DESTROY("dnnl_stream_destroy", "i=p"),
  MEMORY_CREATE("dnnl_memory_create", "i=pppp"),
  MEMORY_DESTROY("dnnl_memory_destroy", "i=p"),
  DESC_WITH_STRIDES("dnnl_memory_desc_create_with_strides", "i=pipip"),
  DESC_WITH_TAG("dnnl_memory_desc_create_with_tag", "i=pipii"),
  DESC_CLONE("dnnl_memory_desc_clone", "i=pp"),
  DESC_DESTROY("dnnl_memory_desc_destroy", "i=p"),
  DESC_SIZE("dnnl_memory_desc_get_size", "l=p"),
  DESC_QUERY("dnnl_memory_desc_query", "i=pip"),
  DESC_SUBMEMORY("dnnl_memory_desc_create_submemory", "i=pppp"),
  ATTR_CREATE("dnnl_primitive_attr_create", "i=p"),
  ATTR_DESTROY("dnnl_primitive_attr_destroy", "i=p"),
  ATTR_SET_POST_OPS("dnnl_primitive_attr_set_post_ops", "i=pp"),
  ATTR_SET_SCRATCHPAD_MODE("dnnl_primitive_attr_set_scratchpad_mode", "i=pi"),
  POST_OPS_CREATE("dnnl_post_ops_create", "i=p"),
  POST_OPS_DESTROY("dnnl_post_ops_destroy", "i=p"),
  POST_OPS_ELTWISE("dnnl_post_ops_append_eltwise", "i=piff"),
  POST_OPS_BINARY("dnnl_post_ops_append_binary", "i=pip"),
  POST_OPS_PRELU("dnnl_post_ops_append_prelu", "i=pi"),
  CONVOLUTION("dnnl_convolution_forward_primitive_desc_create", "i=ppiippppppppp"),
  CONVOLUTION_SOURCE("dnnl_convolution_backward_data_primitive_desc_create", "i=ppippppppppp"),
  CONVOLUTION_WEIGHTS("dnnl_convolution_backward_weights_primitive_desc_create", "i=ppipppppppppp"),
  MATMUL("dnnl_matmul_primitive_desc_create", "i=ppppppp"),
  ELTWISE("dnnl_eltwise_forward_primitive_desc_create", "i=ppiippffp"),
  ELTWISE_SOURCE("dnnl_eltwise_backward_primitive_desc_create", "i=ppipppffpp"),
  PRELU("dnnl_prelu_forward_primitive_desc_create", "i=ppipppp"),
  BINARY("dnnl_binary_primitive_desc_create", "i=ppipppp"),
  CONCAT("dnnl_concat_primitive_desc_create", "i=pppiipp"),
  REORDER("dnnl_reorder_primitive_desc_create", "i=pppppp"),
  RESAMPLING("dnnl_resampling_forward_primitive_desc_create", "i=ppiipppp"),
  POOLING("dnnl_pooling_forward_primitive_desc_create", "i=ppiipppppppp"),
  PRIMITIVE_DESC_QUERY("dnnl_primitive_desc_query", "i=piip"),
  PRIMITIVE_DESC_QUERY_MD("dnnl_primitive_desc_query_md", "p=pii"),
  PRIMITIVE_DESC_DESTROY("dnnl_primitive_desc_destroy", "i=p"),
  PRIMITIVE_CREATE("dnnl_primitive_create", "i=pp"),
  PRIMITIVE_DESTROY("dnnl_primitive_destroy", "i=p"),
  PRIMITIVE_EXECUTE("dnnl_primitive_execute", "i=ppip"),
  VERSION("dnnl_version", "p="),
  SET_PRIMITIVE_CACHE_CAPACITY("dnnl_set_primitive_cache_capacity", "i=i"),
  EFFECTIVE_CPU_ISA("dnnl_get_effective_cpu_isa", "i="),
  CPU_ISA_TEXT("dnnl_cpu_isa2str", "p=i"),
  STATUS_TEXT("dnnl_status2str", "p=i");

  private final NativeFunction function;

  Function(String symbol, String signature) {
    function = new NativeFunction(symbol, signature, "oneDNN 3.13", NativeLibraries::oneDnn);
  }

  NativeFunction function() {
    return function;
  }

  /** Calls and checks the status; for planning, not for steps: arguments are boxed. */
  void call(String what, Object... arguments) {
    int status = function.invoke(arguments).intValue();
    if (status != 0) {
      throw failure(what, status);
    }
  }

  /** The error of a call that returned {@code status}; {@code what} are its arguments. */
  NativeException failure(String what, int status) {
    return new NativeException(function.symbol() + "(" + what + "): " + OneDnn.statusText(status));
  }

  /** Calls a function that returns a pointer or a number, not a status. */
  long value(Object... arguments) {
    return function.invoke(arguments).longValue();
  }
}
