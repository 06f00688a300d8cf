package dev.langevin.backend.onednn;

import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.shim.Kernel;
import dev.langevin.bindings.shim.KernelCall;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * Layers whose weights lie as the file has them, f16 or bf16, and are widened while they are computed with: the numbers
 * of f32 at half of the memory, and one copy for a layer and its gradient by the source.
 */
final class HalfWeights implements PreparedOp {

  private final PreparedOp op;
  private final KernelCall pack;
  private final WeightLayout layout;

  private HalfWeights(PreparedOp op, Shape weights, DType type) {
    this.op = op;
    long taps = weights.elements() / weights.dim(0) / weights.dim(1);
    boolean bf16 = type == DType.BF16;
    pack = new KernelCall(Kernel.HALF_PACK).integer("output_channels", weights.dim(0))
        .integer("input_channels", weights.elements() / weights.dim(0) / taps).integer("taps", taps)
        .flag("bf16", bf16);
    layout = new Layout(pack, type + (taps > 1 ? " channels-last" : ""), 2 * weights.elements());
  }

  /** The node so, or null where it has no such weights, or does more than these kernels can. */
  static PreparedOp prepare(Node node, DType type) {
    if (node.inputs().size() < 2 || !node.input(1).isWeight()) {
      return null;
    }
    Value weights = node.input(1);
    return switch (node.op()) {
      case Op.Conv2d op -> {
        Winograd fast = Winograd.convolution(op, node, type, () -> null);
        yield fast != null ? new HalfWeights(fast, weights.shape(), type)
            : convolution(op.bias(), op.post(), node, type,
                sizes(node.input(0).shape(), weights.shape(), op.stride(), op.padding()));
      }
      case GradientOp.Conv2dSource op -> {
        Winograd fast = Winograd.source(op, node, type);
        yield fast != null ? new HalfWeights(fast, weights.shape(), type)
            : gradient(node, type, sizes(node.output().shape(), weights.shape(), op.stride(), op.padding()));
      }
      case Op.Linear op -> convolution(op.bias(), op.post(), node, type, rows(node.input(0).shape(), weights.shape()));
      case GradientOp.LinearSource op -> gradient(node, type, rows(node.output().shape(), weights.shape()));
      default -> null;
    };
  }

  private static KernelCall sizes(Shape picture, Shape weights, int stride, Op.Padding pad) {
    return new KernelCall(Kernel.HALF_CONV).integer("n", picture.dim(0)).integer("height", picture.dim(1))
        .integer("width", picture.dim(2)).integer("input_channels", weights.dim(1))
        .integer("output_channels", weights.dim(0)).integer("kernel_height", weights.dim(2))
        .integer("kernel_width", weights.dim(3)).integer("stride", stride)
        .integer("pad_top", pad.top()).integer("pad_left", pad.left()).integer("pad_bottom", pad.bottom())
        .integer("pad_right", pad.right());
  }

  private static KernelCall rows(Shape input, Shape weights) {
    return new KernelCall(Kernel.HALF_CONV).integer("n", 1).integer("height", 1)
        .integer("width", input.elements() / weights.dim(1)).integer("input_channels", weights.dim(1))
        .integer("output_channels", weights.dim(0)).integer("kernel_height", 1).integer("kernel_width", 1)
        .integer("stride", 1);
  }

  private static PreparedOp convolution(boolean bias, List<PostOp> post, Node node, DType type, KernelCall call) {
    int residual = post.size() == 1 && post.getFirst() instanceof PostOp.AddInput add
        && node.input(add.input()).shape().equals(node.output().shape()) ? add.input() : -1;
    if (post.size() > (residual < 0 ? 0 : 1)) {
      call.close();
      return null;
    }
    return new HalfWeights(new ShimOp(call.flag("bf16", type == DType.BF16), "half", (block, in, out) -> {
      block.pointer("src", in.get(0)).pointer("weights", in.get(1)).pointer("dst", out.getFirst());
      if (bias) {
        block.pointer("bias", in.get(2));
      }
      if (residual >= 0) {
        block.pointer("residual", in.get(residual));
      }
    }), node.input(1).shape(), type);
  }

  private static PreparedOp gradient(Node node, DType type, KernelCall call) {
    return new HalfWeights(
        new ShimOp(call.flag("bf16", type == DType.BF16).flag("gradient", true), "half", (block, in, out) -> block
            .pointer("src", in.get(0)).pointer("weights", in.get(1)).pointer("dst", out.getFirst())),
        node.input(1).shape(), type);
  }

  @Override
  public String implementation() {
    return op.implementation();
  }

  @Override
  public long scratchBytes() {
    return op.scratchBytes();
  }

  @Override
  public WeightLayout weightLayout(int index) {
    return index == 1 ? layout : null;
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    return op.bind(inputs, outputs, scratch);
  }

  @Override
  public void close() {
    Closing.all(List.of(op, pack));
  }

  /** Halves, with the channels of a convolution's source innermost where the kernel reads them so. */
  private record Layout(KernelCall call, String name, long bytes) implements WeightLayout {
    @Override
    public void pack(MemorySegment plain, MemorySegment packed) {
      call.pointer("src", plain).pointer("dst", packed).execute();
    }
  }
}
