package dev.langevin.backend.onednn;

import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.shim.Kernel;
import dev.langevin.bindings.shim.KernelCall;
import dev.langevin.bindings.shim.Shim;
import dev.langevin.graph.Activation;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.Supplier;

/** 3x3 convolutions and their gradients with a quarter of the arithmetic (arXiv:1509.09308). */
final class Winograd implements PreparedOp {

  /**
   * Side of the squares of results that are computed together. With 2, kernels are no faster than oneDNN's direct ones.
   */
  private static final int TILE = 4;

  /** Fewer channels do not fill the transform's matrices. */
  private static final int LEAST_CHANNELS = 32;

  /**
   * Transformed weights are 4 times as large. Where each meets fewer tiles than this, reading them takes longer than
   * the arithmetic that they save.
   */
  private static final long LEAST_TILES = 16;

  /** The same for halves, which are transformed in the cache. */
  private static final long LEAST_TILES_OF_HALVES = 4;

  /** The same for the gradient by the weights, which adds to all of them for each block of tiles. */
  private static final long LEAST_TILES_OF_GRADIENT = 64;

  /** {@code -Dlangevin.winograd}: auto, always (wherever the kernels can compute it) or never. */
  private static final String WHERE = System.getProperty("langevin.winograd", "auto");

  private final KernelCall call;
  private final KernelCall pack; // or null where the weights are halves
  private final long packedBytes;
  private final boolean constant;
  private final String layout;
  private final ShimOp.Pointers pointers;
  private final Supplier<PreparedOp> compact;
  private boolean bound;

  private Winograd(Node node, Shape src, Shape dst, Op.Padding pad, boolean transposed, DType halves,
      Supplier<PreparedOp> compact, ShimOp.Pointers pointers) {
    Shape weights = node.input(1).shape();
    call = sizes(Kernel.WINOGRAD, src, dst, pad).real("scale", 1)
        .integer("halves", halves == null ? 0 : halves == DType.F16 ? 1 : 2).flag("transposed", transposed);
    pack = halves == null ? weightsCall(weights, transposed) : null;
    packedBytes = pack == null ? 0 : (pack.resultBytes() + 63) / 64 * 64;
    constant = node.input(1).isWeight();
    layout = (transposed ? "winograd transposed " : "winograd ") + TILE + " " + Shim.isaName();
    this.compact = compact;
    this.pointers = pointers;
  }

  private static KernelCall sizes(Kernel kernel, Shape src, Shape dst, Op.Padding pad) {
    return new KernelCall(kernel).integer("tile", TILE)
        .integer("n", src.dim(0)).integer("height", src.dim(1)).integer("width", src.dim(2))
        .integer("input_channels", src.dim(3)).integer("output_channels", dst.dim(3))
        .integer("pad_top", pad.top()).integer("pad_left", pad.left()).integer("pad_bottom", pad.bottom())
        .integer("pad_right", pad.right());
  }

  private static KernelCall weightsCall(Shape weights, boolean transposed) {
    return new KernelCall(Kernel.WINOGRAD_WEIGHTS).integer("tile", TILE)
        .integer("output_channels", weights.dim(0)).integer("input_channels", weights.dim(1))
        .flag("transposed", transposed);
  }

  /**
   * The convolution, or null where another kernel is the better one, or the only one.
   *
   * @param halves the type of weights of {@link HalfWeights}, or null for those of a layout of its own
   * @param direct a kernel whose weights are not transformed
   */
  static Winograd convolution(Op.Conv2d op, Node node, DType halves, Supplier<PreparedOp> direct) {
    Shape dst = node.output().shape();
    if (!suits(node.input(1).shape(), op.stride(), op.padding(), dst, leastTiles(halves))) {
      return null;
    }
    // (y + residual) * factor, then silu: what the kernel does at its end, in this order.
    PostOp[] post = op.post().toArray(PostOp[]::new);
    int next = 0;
    int residual = next < post.length && post[next] instanceof PostOp.AddInput add
        && node.input(add.input()).shape().equals(dst) ? add.input() : -1;
    next += residual < 0 ? 0 : 1;
    Double factor = next < post.length && post[next] instanceof PostOp.Multiply by ? (Double) by.factor() : null;
    next += factor == null ? 0 : 1;
    boolean silu = next < post.length && post[next] instanceof PostOp.Activate f && f.function() == Activation.SILU;
    next += silu ? 1 : 0;
    if (next < post.length) {
      return null;
    }
    ShimOp.Pointers pointers = (block, in, out) -> {
      block.pointer("src", in.get(0)).pointer("dst", out.getFirst());
      if (op.bias()) {
        block.pointer("bias", in.get(2));
      }
      if (residual >= 0) {
        block.pointer("residual", in.get(residual));
      }
    };
    Winograd made = new Winograd(node, node.input(0).shape(), dst, op.padding(), false, halves, direct, pointers);
    made.call.flag("silu", silu).real("scale", factor == null ? 1 : factor);
    return made;
  }

  /** The gradient by the source: a convolution of dy by the rotated kernel, with 2 - padding zeros around. */
  static Winograd source(GradientOp.Conv2dSource op, Node node, DType halves) {
    Shape src = node.output().shape();
    Op.Padding pad = op.padding();
    Op.Padding rest = new Op.Padding(2 - pad.top(), 2 - pad.left(), 2 - pad.bottom(), 2 - pad.right());
    return !suits(node.input(1).shape(), op.stride(), pad, src, leastTiles(halves)) ? null
        : new Winograd(node, node.input(0).shape(), src, rest, true, halves, () -> null,
            (block, in, out) -> block.pointer("src", in.get(0)).pointer("dst", out.getFirst()));
  }

  private static long leastTiles(DType halves) {
    return halves == null ? LEAST_TILES : LEAST_TILES_OF_HALVES;
  }

  /** The gradient by the weights. */
  static PreparedOp weights(GradientOp.Conv2dWeights op, Node node) {
    Shape src = node.input(0).shape();
    Shape dy = node.input(1).shape();
    if (!suits(node.output().shape(), op.stride(), op.padding(), dy, LEAST_TILES_OF_GRADIENT)) {
      return null;
    }
    ShimOp gradient = new ShimOp(sizes(Kernel.WINOGRAD_GRADIENT, src, dy, op.padding()), "winograd",
        (block, in, out) -> block.pointer("src", in.get(0)).pointer("dy", in.get(1)).pointer("dst", out.getFirst()));
    return op.bias() ? new Sequence(gradient, ShimGradients.sumRows(1, dy.elements() / dy.dim(3), dy.dim(3), 1, 1))
        : gradient;
  }

  private static boolean possible(Shape weights, int stride, Op.Padding pad) {
    return weights.dim(2) == 3 && weights.dim(3) == 3 && stride == 1
        && Math.max(Math.max(pad.top(), pad.left()), Math.max(pad.bottom(), pad.right())) <= 2;
  }

  private static boolean suits(Shape weights, int stride, Op.Padding pad, Shape dst, long leastTiles) {
    return switch (WHERE) {
      case "auto" -> possible(weights, stride, pad) && pays(weights, dst, leastTiles);
      case "always" -> possible(weights, stride, pad);
      case "never" -> false;
      default ->
          throw new IllegalArgumentException("langevin.winograd is " + WHERE + ", must be auto, always or never");
    };
  }

  private static boolean pays(Shape weights, Shape dst, long leastTiles) {
    long tiles = dst.dim(0) * Math.ceilDiv(dst.dim(1), TILE) * Math.ceilDiv(dst.dim(2), TILE);
    return Math.min(weights.dim(0), weights.dim(1)) >= LEAST_CHANNELS && tiles >= leastTiles
        && tiles * TILE * TILE <= 2 * dst.dim(0) * dst.dim(1) * dst.dim(2); // small pictures leave much of a tile
                                                                            // unused
  }

  @Override
  public String implementation() {
    return "winograd:" + Shim.isaName();
  }

  @Override
  public long scratchBytes() {
    return (constant ? 0 : packedBytes) + call.scratchBytes();
  }

  @Override
  public WeightLayout weightLayout(int index) {
    return index == 1 && constant && pack != null ? new WeightLayout() {
      @Override
      public String name() {
        return layout;
      }

      @Override
      public long bytes() {
        return packedBytes;
      }

      @Override
      public void pack(MemorySegment plain, MemorySegment packed) {
        pack.pointer("src", plain).pointer("dst", packed).execute();
      }
    } : null;
  }

  @Override
  public PreparedOp compact() {
    return constant ? compact.get() : null;
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    pointers.set(call, inputs, outputs);
    if (constant) { // packed, or halves
      call.pointer("weights", inputs.get(1)).scratch(scratch);
      bound = true;
      return new ShimOp.Bound(call);
    }
    call.pointer("weights", scratch).scratch(scratch.asSlice(packedBytes));
    pack.pointer("src", inputs.get(1)).pointer("dst", scratch);
    bound = true;
    return new CompiledOp() {
      @Override
      public void execute() {
        pack.execute();
        call.execute();
      }

      @Override
      public void close() {
        Closing.all(List.of(pack, call));
      }
    };
  }

  @Override
  public void close() {
    if (pack != null && (constant || !bound)) {
      pack.close();
    }
    if (!bound) {
      call.close();
    }
  }
}
