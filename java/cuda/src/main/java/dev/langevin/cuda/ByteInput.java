package dev.langevin.cuda;

import dev.langevin.backend.Precision;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.graph.Value;
import java.lang.foreign.MemorySegment;

/**
 * What a layer of {@link Precision#INT8} multiplies in the place of its input: signed bytes, and a scale in f32 for
 * each sample of a picture or row of a matrix, found anew at each run. They lie in scratch memory, bytes first.
 *
 * @param rows that have a scale
 * @param channels elements of each
 */
record ByteInput(long rows, long channels) {

  /** Where a sum of so many products of bytes might not fit 32 bits: 2^31 / 127^2. */
  private static final long MOST_PRODUCTS = 133_144;

  /**
   * That of a node, or null where it computes in f16: attention, weights that are computed, sums of too many products,
   * and linear layers whose samples are told apart by what follows, for their rows are not grouped by sample.
   */
  static ByteInput of(Node node) {
    return switch (node.op()) {
      case Op.Conv2d op when fits(node) -> rows(node.input(0), node.input(0).shape().dim(0));
      case Op.Linear op when fits(node) && op.post().stream().allMatch(post -> knowsNoSample(post, node)) ->
          rows(node.input(0), node.input(0).shape().elements() / node.input(0).shape().dim(-1));
      default -> null;
    };
  }

  private static ByteInput rows(Value input, long rows) {
    return new ByteInput(rows, input.shape().elements() / rows);
  }

  private static boolean fits(Node node) {
    Value weights = node.input(1);
    return weights.isWeight() && weights.shape().elements() / weights.shape().dim(0) <= MOST_PRODUCTS;
  }

  private static boolean knowsNoSample(PostOp post, Node node) {
    return switch (post) {
      case PostOp.AddInput add -> knowsNoSample(node, add.input());
      case PostOp.MultiplyInput by -> knowsNoSample(node, by.input());
      case PostOp.Activate f -> true;
      case PostOp.Multiply by -> true;
      case PostOp.Prelu f -> true; // a number a channel
    };
  }

  private static boolean knowsNoSample(Node node, int input) {
    long elements = node.input(input).shape().elements();
    return elements == node.output().shape().elements() || elements == node.output().shape().dim(-1);
  }

  long scratchBytes() {
    return scalesAt() + Layers.aligned(Float.BYTES * rows);
  }

  private long scalesAt() {
    return Layers.aligned(rows * channels);
  }

  /** The scales in a layer's scratch memory, whose first bytes are the input's. */
  MemorySegment scales(MemorySegment scratch) {
    return scratch.asSlice(scalesAt(), Float.BYTES * rows);
  }

  /** Fills the scratch memory from an input that lies in {@code from}. */
  void quantise(Launches launches, MemorySegment src, DataType from, MemorySegment scratch) {
    launches.add(Kernel.QUANTIZE).pointer("src", src).pointer("dst", scratch).pointer("scale", scales(scratch))
        .integer("rows", rows).integer("channels", channels).integer("scale_stride", 1)
        .choice("src_type", Stored.constant(from)).choice("dst_type", Constant.S8).units(rows);
  }
}
