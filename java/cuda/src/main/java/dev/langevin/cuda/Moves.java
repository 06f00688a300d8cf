package dev.langevin.cuda;

import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** Ops that change no value, but its place. */
final class Moves {

  private static final int TRANSPOSED = 32; // a tile's side

  private Moves() {}

  static void concat(Launches launches, LaunchedOp.Places p, Op.Concat op, Node node) {
    long a = inner(node.input(0).shape(), op.axis());
    long b = inner(node.input(1).shape(), op.axis());
    long rows = node.input(0).shape().elements() / a;
    Value dst = node.output();
    copy(launches.add(Kernel.COPY, node.input(0), dst), p.in(0), p.out(), new long[] {1, 1, 1, 1, rows, a},
        new long[] {0, 0, 0, 0, a, 1}, new long[] {0, 0, 0, 0, a + b, 1});
    copy(launches.add(Kernel.COPY, node.input(1), dst), p.in(1), p.out().asSlice(Stored.bytes(dst, a)),
        new long[] {1, 1, 1, 1, rows, b}, new long[] {0, 0, 0, 0, b, 1}, new long[] {0, 0, 0, 0, a + b, 1});
  }

  static void slice(Launches launches, LaunchedOp.Places p, Op.Slice op, Node node) {
    long kept = inner(node.output().shape(), op.axis());
    long all = inner(node.input(0).shape(), op.axis());
    long skipped = op.from() * inner(node.output().shape(), op.axis() + 1);
    Value src = node.input(0);
    copy(launches.add(Kernel.COPY, src, node.output()), p.in(0).asSlice(Stored.bytes(src, skipped)), p.out(),
        new long[] {1, 1, 1, 1, node.output().shape().elements() / kept, kept}, new long[] {0, 0, 0, 0, all, 1},
        new long[] {0, 0, 0, 0, kept, 1});
  }

  /** Elements from an axis on. */
  private static long inner(Shape shape, int axis) {
    long elements = 1;
    for (int i = axis; i < shape.rank(); i++) {
      elements *= shape.dim(i);
    }
    return elements;
  }

  /**
   * Squares of a picture (N, H f, W f, C) from channels (N, H, W, C f f), or the other way.
   *
   * @param unfold whether the picture is what comes of it
   */
  static void squares(Launches launches, LaunchedOp.Places p, long f, Node node, boolean unfold) {
    Shape picture = (unfold ? node.output() : node.input(0)).shape();
    long h = picture.dim(1) / f;
    long w = picture.dim(2) / f;
    long c = picture.dim(3);
    long[] extent = {picture.dim(0), h, f, w, f, c}; // sample, row of squares, row in one, column, column in one
    long[] folded = {h * w * c * f * f, w * c * f * f, f, c * f * f, 1, f * f};
    long[] spread = {h * f * w * f * c, f * w * f * c, w * f * c, f * c, c, 1};
    copy(launches.add(Kernel.COPY, node.input(0), node.output()), p.in(0), p.out(), extent,
        unfold ? folded : spread, unfold ? spread : folded);
  }

  private static void copy(KernelLaunch launch, MemorySegment src, MemorySegment dst, long[] extent, long[] from,
      long[] to) {
    long elements = 1;
    for (long each : extent) {
      elements *= each;
    }
    launch.pointer("src", src).pointer("dst", dst).integers("extent", extent).integers("src_extent", extent)
        .integers("src_stride", from).integers("dst_stride", to)
        .units(Math.ceilDiv(elements, Constant.POINTWISE_ELEMENTS.value));
  }

  static void transpose(Launches launches, LaunchedOp.Places p, Node node, long batch, long rows, long columns) {
    launches.add(Kernel.TRANSPOSE, node.input(0), node.output()).pointer("src", p.in(0)).pointer("dst", p.out())
        .integer("batch", batch).integer("rows", rows).integer("columns", columns)
        .units(batch * Math.ceilDiv(rows, TRANSPOSED) * Math.ceilDiv(columns, TRANSPOSED));
  }
}
