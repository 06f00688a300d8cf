package dev.langevin.backend.onednn;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.shim.Choice;
import dev.langevin.bindings.shim.Kernel;
import dev.langevin.bindings.shim.KernelCall;
import dev.langevin.bindings.shim.Shim;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Convolutions and linear layers in 8-bit integers. */
final class Int8 implements PreparedOp {

  private static final int MOST_POST_OPS = 4;

  /** Where a sum of so many products of bytes might not fit 32 bits. */
  private static final long MOST_PRODUCTS = 65536;

  private final KernelCall call;
  private final KernelCall pack;
  private final long packedBytes;
  private final List<PostOp> post;
  private final boolean bias;
  private boolean bound;

  private Int8(KernelCall call, Shape weights, List<PostOp> post, boolean bias) {
    long kernel = weights.rank() == 2 ? 1 : weights.dim(2);
    this.call = call.integer("kernel", kernel).integer("output_channels", weights.dim(0)).integer("input_channels",
        weights.dim(1));
    this.pack = new KernelCall(Kernel.INT8_WEIGHTS).integer("kernel", kernel)
        .integer("output_channels", weights.dim(0)).integer("input_channels", weights.dim(1));
    this.packedBytes = pack.resultBytes();
    this.post = post;
    this.bias = bias;
    for (int i = 0; i < post.size(); i++) {
      switch (post.get(i)) {
        case PostOp.AddInput add -> call.choice("post", i, Choice.POST_ADD);
        case PostOp.MultiplyInput by -> call.choice("post", i, Choice.POST_MULTIPLY);
        case PostOp.Multiply by -> call.choice("post", i, Choice.POST_SCALE).real("value", i, by.factor());
        case PostOp.Prelu prelu -> throw new IllegalStateException("there is no such kernel: " + prelu);
        case PostOp.Activate(Activation function) when function == Activation.GELU ->
            call.choice("post", i, Choice.POST_GELU);
        case PostOp.Activate(Activation function) ->
            call.choice("post", i, Choice.POST_SWISH).real("value", i, Kernels.alpha(function));
      }
    }
  }

  /** The convolution, or null where there is no such kernel. */
  static Int8 convolution(Op.Conv2d op, Node node) {
    Shape src = node.input(0).shape();
    Shape weights = node.input(1).shape();
    Op.Padding pad = op.padding();
    int most = Math.max(Math.max(pad.top(), pad.left()), Math.max(pad.bottom(), pad.right()));
    boolean square = weights.dim(2) == weights.dim(3);
    boolean known = square && (weights.dim(2) == 1 && op.stride() == 1 && most == 0
        || weights.dim(2) == 3 && op.stride() <= 2 && most <= 2);
    return !known || !suits(node, op.post()) ? null
        : new Int8(new KernelCall(Kernel.INT8).integer("n", src.dim(0)).integer("height", src.dim(1))
            .integer("width", src.dim(2)).integer("stride", op.stride()).integer("pad_top", pad.top())
            .integer("pad_left", pad.left())
            .integer("pad_bottom", pad.bottom()).integer("pad_right", pad.right()), weights, op.post(), op.bias());
  }

  /** The linear layer, or null where there is no such kernel. */
  static Int8 linear(Op.Linear op, Node node) {
    Shape src = node.input(0).shape();
    return !suits(node, op.post()) ? null
        : new Int8(new KernelCall(Kernel.INT8).integer("n", 1).integer("height", 1)
            .integer("width", src.elements() / src.dim(-1)).integer("stride", 1), node.input(1).shape(), op.post(),
            op.bias());
  }

  private static boolean suits(Node node, List<PostOp> post) {
    Shape weights = node.input(1).shape();
    long products = Math.ceilDiv(weights.dim(1), 16) * 16 * (weights.rank() == 2 ? 1 : weights.dim(2) * weights.dim(3));
    return node.input(1).isWeight() && products <= MOST_PRODUCTS && post.size() <= MOST_POST_OPS
        && post.stream().allMatch(p -> suits(p, node));
  }

  private static boolean suits(PostOp post, Node node) {
    return switch (post) {
      case PostOp.Activate(Activation function) ->
          function == Activation.SILU || function == Activation.QUICK_GELU || function == Activation.GELU;
      case PostOp.AddInput add -> node.input(add.input()).shape().equals(node.output().shape());
      case PostOp.MultiplyInput by -> node.input(by.input()).shape().equals(node.output().shape());
      case PostOp.Multiply by -> true;
      case PostOp.Prelu prelu -> false;
    };
  }

  @Override
  public String implementation() {
    return "int8:" + Shim.isaName();
  }

  @Override
  public long scratchBytes() {
    return call.scratchBytes();
  }

  @Override
  public WeightLayout weightLayout(int index) {
    return index != 1 ? null : new WeightLayout() {
      @Override
      public String name() {
        return "int8";
      }

      @Override
      public long bytes() {
        return packedBytes;
      }

      @Override
      public void pack(MemorySegment plain, MemorySegment packed) {
        pack.pointer("src", plain).pointer("dst", packed).execute();
      }
    };
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    call.pointer("src", inputs.get(0)).pointer("weights", inputs.get(1)).pointer("dst", outputs.getFirst())
        .scratch(scratch);
    if (bias) {
      call.pointer("bias", inputs.get(2));
    }
    for (int i = 0; i < post.size(); i++) {
      switch (post.get(i)) {
        case PostOp.AddInput add -> call.pointer("operand", i, inputs.get(add.input()));
        case PostOp.MultiplyInput by -> call.pointer("operand", i, inputs.get(by.input()));
        case PostOp.Activate f -> {}
        case PostOp.Prelu prelu -> {}
        case PostOp.Multiply by -> {}
      }
    }
    bound = true;
    return new ShimOp.Bound(call);
  }

  @Override
  public void close() {
    pack.close();
    if (!bound) {
      call.close();
    }
  }
}
