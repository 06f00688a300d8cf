package dev.langevin.backend.onednn;

import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.shim.Kernel;
import dev.langevin.bindings.shim.KernelCall;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** The operations that the shim has and oneDNN lacks, or has at a fraction of the memory's speed. */
final class ShimKernels {

  private ShimKernels() {}

  /** Inputs: x, gamma, beta, then a row that is added to x, then scales beside shifts, where there are any. */
  static PreparedOp groupNorm(Op.GroupNorm op, Node node) {
    Shape shape = node.output().shape(); // (N, ..., C)
    long n = shape.dim(0);
    long c = shape.dim(-1);
    KernelCall call = new KernelCall(Kernel.GROUP_NORM)
        .integer("n", n).integer("spatial", shape.elements() / n / c).integer("channels", c)
        .integer("groups", op.groups())
        .real("eps", op.epsilon()).flag("silu", op.activation() == Activation.SILU)
        .integer("add_stride", c).integer("scale_stride", 2 * c).integer("shift_stride", 2 * c);
    return new ShimOp(call, "group_norm", (block, in, out) -> {
      block.pointer("src", in.get(0)).pointer("gamma", in.get(1)).pointer("beta", in.get(2)).pointer("dst",
          out.getFirst());
      if (op.addRow()) {
        block.pointer("add", in.get(3));
      }
      if (op.scaleShift()) {
        MemorySegment rows = in.get(op.addRow() ? 4 : 3);
        block.pointer("scale", rows).pointer("shift", rows.asSlice(4 * c));
      }
    });
  }

  static PreparedOp layerNorm(Op.LayerNorm op, Node node) {
    Shape shape = node.output().shape();
    KernelCall call = new KernelCall(Kernel.LAYER_NORM).integer("rows", shape.elements() / shape.dim(-1))
        .integer("channels", shape.dim(-1)).real("eps", op.epsilon());
    return new ShimOp(call, "layer_norm", (block, in, out) -> block.pointer("src", in.get(0))
        .pointer("gamma", in.get(1)).pointer("beta", in.get(2)).pointer("dst", out.getFirst()));
  }

  /**
   * Queries, keys and values are read where they lie, as parts of the rows of one matrix or of two. There is no kernel
   * in bytes for a bias or a causal mask: those are of texts, which are short.
   */
  static PreparedOp attention(Op.Attention op, Node node, Precision precision) {
    boolean bytes = precision == Precision.INT8 && !op.biased() && !op.causal();
    Shape dst = node.output().shape(); // (N, Lq, C)
    boolean packed = op.packing() == Op.Packing.QKV;
    Shape kv = node.input(packed ? 0 : 1).shape(); // (N, Lk, 3C) or (N, Lk, 2C)
    long c = dst.dim(2);
    long keyRow = kv.dim(2);
    long queryRow = packed ? keyRow : c;
    KernelCall call = new KernelCall(bytes ? Kernel.INT8_ATTENTION : Kernel.ATTENTION)
        .integer("n", dst.dim(0)).integer("heads", op.heads()).integer("head_size", c / op.heads())
        .integer("query_length", dst.dim(1)).integer("key_length", kv.dim(1)).real("scale", op.scale())
        .integer("q_row_stride", queryRow).integer("q_batch_stride", dst.dim(1) * queryRow)
        .integer("k_row_stride", keyRow).integer("k_batch_stride", kv.dim(1) * keyRow)
        .integer("v_row_stride", keyRow).integer("v_batch_stride", kv.dim(1) * keyRow)
        .integer("dst_row_stride", c).integer("dst_batch_stride", dst.dim(1) * c)
        .integer("bias_batch_stride", kv.dim(1)).integer("bias_key_stride", 1).flag("causal", op.causal());
    return new ShimOp(call, bytes ? "int8_attention" : "flash_attention", (block, in, out) -> {
      MemorySegment keys = packed ? in.get(0).asSlice(4 * c) : in.get(1);
      block.pointer("q", in.get(0)).pointer("k", keys).pointer("v", keys.asSlice(4 * c)).pointer("dst", out.getFirst());
      if (op.biased()) {
        block.pointer("bias", in.getLast());
      }
    });
  }

  static PreparedOp slice(Op.Slice op, Node node) {
    Shape dst = node.output().shape();
    long rows = 1;
    for (int axis = 0; axis < op.axis(); axis++) {
      rows *= dst.dim(axis);
    }
    long kept = 4 * dst.elements() / rows;
    long skipped = kept / dst.dim(op.axis()) * op.from();
    KernelCall call = new KernelCall(Kernel.COPY_2D).integer("rows", rows).integer("row_bytes", kept)
        .integer("src_stride_bytes", 4 * node.input(0).shape().elements() / rows).integer("dst_stride_bytes", kept);
    return new ShimOp(call, "copy",
        (block, in, out) -> block.pointer("src", in.get(0).asSlice(skipped)).pointer("dst", out.getFirst()));
  }

  static PreparedOp timeEmbedding(Op.TimeEmbedding op, Node node) {
    KernelCall call = new KernelCall(Kernel.TIME_EMBEDDING)
        .integer("n", node.output().shape().dim(0)).integer("dim", op.width()).flag("flip_sin_to_cos", op.cosineFirst())
        .numbers("frequencies", op.frequencies());
    return new ShimOp(call, "time_embedding",
        (block, in, out) -> block.pointer("timesteps", in.get(0)).pointer("dst", out.getFirst()));
  }
}
