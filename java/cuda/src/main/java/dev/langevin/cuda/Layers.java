package dev.langevin.cuda;

import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;

/**
 * Convolutions and linear layers by the simple kernel; in f16 and bf16 weights lie so, sums are of f32 products.
 */
final class Layers {

  private Layers() {}

  static PreparedOp convolution(Session session, Op.Conv2d op, Node node, Precision precision) {
    Shape src = node.input(0).shape(); // (N, H, W, C)
    Shape w = node.input(1).shape(); // (K, C, KH, KW)
    Shape dst = node.output().shape(); // (N, H', W', K)
    HalfWeights layout = layout(node, precision);
    Posts posts = Posts.of(op.post(), node);
    return new LaunchedOp(session, name(layout), 0, layout, (l, p) -> {
      KernelLaunch launch = launch(l, p, node, op.bias(), layout).integer("n", src.dim(0))
          .integer("height", src.dim(1)).integer("width", src.dim(2)).integer("input_channels", src.dim(3))
          .integer("output_channels", dst.dim(3))
          .integer("dst_height", dst.dim(1)).integer("dst_width", dst.dim(2)).integer("kernel_height", w.dim(2))
          .integer("kernel_width", w.dim(3)).integer("stride", op.stride()).integer("pad_top", op.padding().top())
          .integer("pad_left", op.padding().left()).integer("src_row_stride", src.dim(3))
          .integers("weight_stride", w.dim(1) * w.dim(2) * w.dim(3), w.dim(2) * w.dim(3), w.dim(3), 1)
          .units(tiles(dst.dim(0) * dst.dim(1) * dst.dim(2)) * tiles(dst.dim(3)));
      posts.finish(launch, l, p, node.output());
    });
  }

  static PreparedOp linear(Session session, Op.Linear op, Node node, Precision precision) {
    long out = node.input(1).shape().dim(0);
    long in = node.input(1).shape().dim(1);
    Seen seen = Seen.of(node.output().shape());
    HalfWeights layout = layout(node, precision);
    Posts posts = Posts.of(op.post(), node);
    return new LaunchedOp(session, name(layout), 0, layout, (l, p) -> {
      KernelLaunch launch = launch(l, p, node, op.bias(), layout).integer("n", seen.n())
          .integer("height", seen.pixels()).integer("width", 1).integer("input_channels", in)
          .integer("output_channels", out)
          .integer("dst_height", seen.pixels()).integer("dst_width", 1).integer("kernel_height", 1)
          .integer("kernel_width", 1).integer("stride", 1).integer("src_row_stride", in)
          .integers("weight_stride", in, 1, 1, 1).units(tiles(seen.n() * seen.pixels()) * tiles(out));
      posts.finish(launch, l, p, node.output());
    });
  }

  private static KernelLaunch launch(Launches launches, LaunchedOp.Places p, Node node, boolean bias,
      HalfWeights layout) {
    KernelLaunch launch = launches.add(Kernel.CONVOLUTION, node.input(0), node.output()).pointer("src", p.in(0))
        .pointer("weights", p.in(1)).pointer("dst", p.out())
        .choice("weight_type", layout == null ? Constant.F32 : Stored.constant(layout.type()));
    return bias ? launch.pointer("bias", p.in(2)) : launch;
  }

  private static long tiles(long elements) {
    return Math.ceilDiv(elements, Constant.CONVOLUTION_TILE.value);
  }

  /** Null where weights lie in f32: as they are, or as another op computes them. */
  private static HalfWeights layout(Node node, Precision precision) {
    DType type = Stored.between(precision);
    return type == DType.F32 || !node.input(1).isWeight() ? null
        : new HalfWeights(node.input(1).shape().elements(), Stored.type(type));
  }

  private static String name(HalfWeights layout) {
    return Kernel.CONVOLUTION.symbol + (layout == null ? "" : ":" + layout.name());
  }
}
