package dev.langevin.bindings.shim;

/**
 * The kernels of the shim, each with the fields of its block of arguments, the C struct {@code lgv_..._args}, in order. What they
 * mean stands in {@code langevin.h}.
 */
public enum Kernel {
  GROUP_NORM("group_norm", true,
      "p:src0 p:src1 p:add p:gamma p:beta p:scale p:shift p:dst p:scratch l:scratch_bytes l:n l:spatial l:c0 l:c1 l:groups"
          + " l:add_stride l:scale_stride l:shift_stride l:silu d:eps"),
  LAYER_NORM("layer_norm", false, "p:src p:gamma p:beta p:dst l:rows l:channels d:eps"),
  ATTENTION("attention", true,
      "p:q p:k p:v p:bias p:dst p:scratch l:scratch_bytes l:n l:heads l:head_size l:query_length l:key_length l:q_row_stride"
          + " l:q_batch_stride l:k_row_stride l:k_batch_stride l:v_row_stride l:v_batch_stride l:dst_row_stride"
          + " l:dst_batch_stride l:bias_batch_stride l:bias_head_stride l:bias_query_stride l:bias_key_stride l:causal d:scale"),
  TIME_EMBEDDING("time_embedding", false, "p:timesteps p:frequencies p:dst l:n l:dim l:flip_sin_to_cos"),
  TRANSITION("transition", false,
      "p:registers*16 p:output p:output_conditional p:next_input*2 p:terms p:updates l:n l:elements l:output_stride"
          + " l:update_count l:term_count l:prediction l:variance d:guidance d:sample_coefficient d:model_coefficient"
          + " d:clip_range d:threshold_ratio d:threshold_maximum d:min_log d:max_log d:next_input_scale"),
  COPY_2D("copy_2d", false, "p:src p:dst l:rows l:row_bytes l:src_stride_bytes l:dst_stride_bytes"),
  TRANSPOSE("transpose", false, "p:src p:dst l:batch l:rows l:columns"),
  STREAM_COPY("stream_copy", false, "p:src p:dst l:bytes");

  private final String symbol;
  private final boolean scratch;
  private final Struct struct;

  Kernel(String name, boolean scratch, String fields) {
    this.symbol = "lgv_" + name;
    this.scratch = scratch;
    this.struct = Struct.of(symbol + "_args", fields);
  }

  /** The C function. */
  public String symbol() {
    return symbol;
  }

  /** Whether there is a function that tells how much scratch memory a block of arguments needs. */
  public boolean needsScratch() {
    return scratch;
  }

  /** The function that tells it. */
  public String scratchSymbol() {
    return symbol + "_scratch_bytes";
  }

  /** The block of arguments. */
  public Struct struct() {
    return struct;
  }
}
