package dev.langevin.backend.onednn;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.shim.Kernel;
import dev.langevin.bindings.shim.KernelCall;
import dev.langevin.graph.Activation;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The gradients that the shim computes, and two that are plain copies. */
final class ShimGradients {

  private ShimGradients() {}

  /** Inputs are the forward operation's, then dy; results the gradients by those inputs. */
  static PreparedOp groupNorm(Op.GroupNorm op, Node node) {
    Shape shape = node.output().shape(); // (N, ..., C)
    long n = shape.dim(0);
    long c = shape.dim(-1);
    KernelCall call = new KernelCall(Kernel.GROUP_NORM_BACKWARD)
        .integer("n", n).integer("spatial", shape.elements() / n / c).integer("channels", c)
        .integer("groups", op.groups())
        .real("eps", op.epsilon()).flag("silu", op.activation() == Activation.SILU).integer("add_stride", c)
        .integer("dadd_stride", c);
    for (String row : new String[] {"scale_stride", "shift_stride", "dscale_stride", "dshift_stride"}) {
      call.integer(row, 2 * c);
    }
    return new ShimOp(call, "group_norm_backward", (block, in, out) -> {
      block.pointer("src", in.get(0)).pointer("gamma", in.get(1)).pointer("beta", in.get(2)).pointer("dy", in.getLast())
          .pointer("dst", out.get(0)).pointer("dgamma", out.get(1)).pointer("dbeta", out.get(2));
      if (op.addRow()) {
        block.pointer("add", in.get(3)).pointer("dadd", out.get(3));
      }
      if (op.scaleShift()) {
        int rows = op.addRow() ? 4 : 3;
        block.pointer("scale", in.get(rows)).pointer("shift", in.get(rows).asSlice(4 * c))
            .pointer("dscale", out.get(rows)).pointer("dshift", out.get(rows).asSlice(4 * c));
      }
    });
  }

  static PreparedOp layerNorm(GradientOp.LayerNormInputs op, Node node) {
    Shape shape = node.output().shape();
    KernelCall call = new KernelCall(Kernel.LAYER_NORM_BACKWARD)
        .integer("rows", shape.elements() / shape.dim(-1)).integer("channels", shape.dim(-1)).real("eps", op.epsilon());
    return new ShimOp(call, "layer_norm_backward",
        (block, in, out) -> block.pointer("src", in.get(0)).pointer("gamma", in.get(1)).pointer("dy", in.get(2))
            .pointer("dst", out.get(0))
            .pointer("dgamma", out.get(1)).pointer("dbeta", out.get(2)));
  }

  /**
   * Inputs are the forward operation's, then y and dy; results the gradients by those that hold queries, keys and
   * values.
   */
  static PreparedOp attention(Op.Attention op, Node node) {
    boolean packed = op.packing() == Op.Packing.QKV;
    Shape dy = node.inputs().getLast().shape(); // (N, Lq, C)
    Shape kv = node.input(packed ? 0 : 1).shape(); // (N, Lk, 3C) or (N, Lk, 2C)
    long c = dy.dim(2);
    long keyRow = kv.dim(2);
    long queryRow = packed ? keyRow : c;
    KernelCall call = new KernelCall(Kernel.ATTENTION_BACKWARD)
        .integer("n", dy.dim(0)).integer("heads", op.heads()).integer("head_size", c / op.heads())
        .integer("query_length", dy.dim(1)).integer("key_length", kv.dim(1)).real("scale", op.scale())
        .integer("q_row_stride", queryRow).integer("q_batch_stride", dy.dim(1) * queryRow)
        .integer("k_row_stride", keyRow).integer("k_batch_stride", kv.dim(1) * keyRow)
        .integer("v_row_stride", keyRow).integer("v_batch_stride", kv.dim(1) * keyRow)
        .integer("bias_batch_stride", kv.dim(1)).integer("bias_key_stride", 1).flag("causal", op.causal());
    return new ShimOp(call, "flash_attention_backward", (block, in, out) -> {
      MemorySegment keys = packed ? in.get(0).asSlice(4 * c) : in.get(1);
      MemorySegment keyGradients = packed ? out.get(0).asSlice(4 * c) : out.get(1);
      block.pointer("q", in.get(0)).pointer("k", keys).pointer("v", keys.asSlice(4 * c))
          .pointer("y", in.get(in.size() - 2)).pointer("dy", in.getLast()).pointer("dq", out.get(0))
          .pointer("dk", keyGradients).pointer("dv", keyGradients.asSlice(4 * c));
      if (op.biased()) {
        block.pointer("bias", in.get(in.size() - 3));
      }
    });
  }

  /** Sums of the rows of (outer, rows, columns) matrices. */
  static PreparedOp sumRows(long outer, long rows, long columns, int input, int output) {
    KernelCall call = new KernelCall(Kernel.SUM_ROWS)
        .integer("outer", outer).integer("rows", rows).integer("cols", columns);
    return new ShimOp(call, "sum_rows",
        (block, in, out) -> block.pointer("src", in.get(input)).pointer("dst", out.get(output)));
  }

  /** Zeros, then the rows at their place. */
  static PreparedOp embed(GradientOp.Embed op, Node node) {
    Shape src = node.input(0).shape();
    long rows = 1;
    for (int axis = 0; axis < op.axis(); axis++) {
      rows *= src.dim(axis);
    }
    long kept = 4 * src.elements() / rows;
    long skipped = kept / src.dim(op.axis()) * op.from();
    KernelCall call = new KernelCall(Kernel.COPY_2D).integer("rows", rows).integer("row_bytes", kept)
        .integer("src_stride_bytes", kept).integer("dst_stride_bytes", 4 * node.output().shape().elements() / rows);
    ShimOp copy = new ShimOp(call, "copy",
        (block, in, out) -> block.pointer("src", in.getFirst()).pointer("dst", out.getFirst().asSlice(skipped)));
    return new PreparedOp() {
      @Override
      public String implementation() {
        return copy.implementation();
      }

      @Override
      public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
        CompiledOp bound = copy.bind(inputs, outputs, scratch);
        return new CompiledOp() {
          @Override
          public void execute() {
            outputs.getFirst().fill((byte) 0);
            bound.execute();
          }

          @Override
          public void close() {
            bound.close();
          }
        };
      }

      @Override
      public void close() {
        copy.close();
      }
    };
  }

  /** Rows are added one by one, in their order: several indices may name one row. */
  static PreparedOp embeddingTable(Node node) {
    long width = node.output().shape().dim(1);
    long rows = node.input(0).shape().elements();
    return JavaOp.of((inputs, outputs) -> {
      MemorySegment table = outputs.getFirst();
      table.fill((byte) 0);
      for (long n = 0; n < rows; n++) {
        long to = inputs.get(0).getAtIndex(ValueLayout.JAVA_LONG, n) * width;
        for (long c = 0; c < width; c++) {
          table.setAtIndex(ValueLayout.JAVA_FLOAT, to + c, table.getAtIndex(ValueLayout.JAVA_FLOAT, to + c)
              + inputs.get(1).getAtIndex(ValueLayout.JAVA_FLOAT, n * width + c));
        }
      }
    });
  }
}
