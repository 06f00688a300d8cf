package dev.langevin.cuda;

import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.PreparedOp.WeightLayout;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;

/**
 * Convolutions and linear layers by the simple kernel; in f16 and bf16 weights lie so, sums are of f32 products. In
 * int8 it multiplies bytes and then the sums with both factors' scales, but where {@link ByteInput} has none: there it
 * is as in f16.
 */
final class Layers {

  private static final long ALIGNMENT = 256;

  private Layers() {}

  /** So that what lies behind so many bytes in a block begins as a block does. */
  static long aligned(long bytes) {
    return Math.ceilDiv(bytes, ALIGNMENT) * ALIGNMENT;
  }

  static PreparedOp convolution(Session session, Op.Conv2d op, Node node, Precision precision) {
    Shape src = node.input(0).shape(); // (N, H, W, C)
    Shape w = node.input(1).shape(); // (K, C, KH, KW)
    Shape dst = node.output().shape(); // (N, H', W', K)
    ByteInput bytes = precision == Precision.INT8 ? ByteInput.of(node) : null;
    WeightLayout layout = layout(node, precision, bytes);
    long[] strides = bytes == null ? new long[] {w.dim(1) * w.dim(2) * w.dim(3), w.dim(2) * w.dim(3), w.dim(3), 1}
        : new long[] {w.dim(1) * w.dim(2) * w.dim(3), 1, w.dim(3) * w.dim(1), w.dim(1)};
    Posts posts = Posts.of(op.post(), node);
    return new LaunchedOp(session, name(layout), scratch(bytes), layout, (l, p) -> {
      KernelLaunch launch = launch(l, p, node, op.bias(), layout, bytes).integer("n", src.dim(0))
          .integer("height", src.dim(1)).integer("width", src.dim(2)).integer("input_channels", src.dim(3))
          .integer("output_channels", dst.dim(3))
          .integer("dst_height", dst.dim(1)).integer("dst_width", dst.dim(2)).integer("kernel_height", w.dim(2))
          .integer("kernel_width", w.dim(3)).integer("stride", op.stride()).integer("pad_top", op.padding().top())
          .integer("pad_left", op.padding().left()).integer("src_row_stride", src.dim(3))
          .integers("weight_stride", strides)
          .units(tiles(dst.dim(0) * dst.dim(1) * dst.dim(2)) * tiles(dst.dim(3)));
      posts.finish(launch, l, p, node.output());
    });
  }

  static PreparedOp linear(Session session, Op.Linear op, Node node, Precision precision) {
    long out = node.input(1).shape().dim(0);
    long in = node.input(1).shape().dim(1);
    ByteInput bytes = precision == Precision.INT8 ? ByteInput.of(node) : null;
    Value result = bytes == null ? node.output() : rows(node.output()); // a row with a scale is a sample
    Seen seen = Seen.of(result.shape());
    WeightLayout layout = layout(node, precision, bytes);
    Posts posts = Posts.of(op.post(), new Node(op, node.inputs(), result));
    return new LaunchedOp(session, name(layout), scratch(bytes), layout, (l, p) -> {
      KernelLaunch launch = launch(l, p, node, op.bias(), layout, bytes).integer("n", seen.n())
          .integer("height", seen.pixels()).integer("width", 1).integer("input_channels", in)
          .integer("output_channels", out)
          .integer("dst_height", seen.pixels()).integer("dst_width", 1).integer("kernel_height", 1)
          .integer("kernel_width", 1).integer("stride", 1).integer("src_row_stride", in)
          .integers("weight_stride", in, 1, 1, 1).units(tiles(seen.n() * seen.pixels()) * tiles(out));
      posts.finish(launch, l, p, result);
    });
  }

  /** A value as a matrix. */
  private static Value rows(Value value) {
    long channels = value.shape().dim(-1);
    return new Value(value.id(), value.name(), value.dtype(), Shape.of(value.shape().elements() / channels, channels),
        value.parts());
  }

  private static KernelLaunch launch(Launches launches, LaunchedOp.Places p, Node node, boolean bias,
      WeightLayout layout, ByteInput bytes) {
    if (bytes != null) {
      bytes.quantise(launches, p.in(0), Stored.type(node.input(0)), p.scratch());
    }
    KernelLaunch launch = launches.add(Kernel.CONVOLUTION, node.input(0), node.output()).pointer("src", p.in(0))
        .pointer("weights", p.in(1)).pointer("dst", p.out());
    switch (layout) {
      case HalfWeights halves -> launch.choice("weight_type", Stored.constant(halves.type()));
      case ByteWeights scaled -> launch.choice("weight_type", Constant.S8)
          .pointer("weight_scale", scaled.scales(p.in(1))).choice("src_type", Constant.S8).pointer("src", p.scratch())
          .pointer("src_scale", bytes.scales(p.scratch())).integer("src_scale_stride", 1);
      case null, default -> launch.choice("weight_type", Constant.F32);
    }
    return bias ? launch.pointer("bias", p.in(2)) : launch;
  }

  private static long tiles(long elements) {
    return Math.ceilDiv(elements, Constant.CONVOLUTION_TILE.value);
  }

  private static long scratch(ByteInput bytes) {
    return bytes == null ? 0 : bytes.scratchBytes();
  }

  /** Null where weights lie in f32: as they are, or as another op computes them. */
  private static WeightLayout layout(Node node, Precision precision, ByteInput bytes) {
    DType type = Stored.between(precision);
    return bytes != null ? ByteWeights.of(node.input(1).shape())
        : type == DType.F32 || !node.input(1).isWeight() ? null
        : new HalfWeights(node.input(1).shape().elements(), Stored.type(type));
  }

  private static String name(WeightLayout layout) {
    return Kernel.CONVOLUTION.symbol + (layout == null ? "" : ":" + layout.name());
  }
}
