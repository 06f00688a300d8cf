package dev.langevin.cuda;

import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Node;
import dev.langevin.graph.PostOp;
import dev.langevin.graph.Value;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/** What is still done to a result, in order: a kernel takes four, launches of their own take the rest. */
final class Posts {

  private static final int NONE = -1;

  /**
   * One of them.
   *
   * @param input of the node, or {@link #NONE}
   * @param type in which that lies
   */
  private record Post(Constant kind, double value, int input, Constant type, long sampleStride, long pixelStride) {}

  private final List<Post> posts = new ArrayList<>();

  /** Those of a layer. */
  static Posts of(List<PostOp> ops, Node node) {
    Posts posts = new Posts();
    for (PostOp op : ops) {
      switch (op) {
        case PostOp.Activate a -> posts.activation(a.function());
        case PostOp.Prelu prelu -> posts.operand(Constant.POST_PRELU, prelu.slopes(), node);
        case PostOp.Multiply by -> posts.number(Constant.POST_SCALE, by.factor());
        case PostOp.AddInput add -> posts.operand(Constant.POST_ADD, add.input(), node);
        case PostOp.MultiplyInput by -> posts.operand(Constant.POST_MULTIPLY, by.input(), node);
      }
    }
    return posts;
  }

  Posts activation(Activation function) {
    return switch (function) {
      case SILU -> number(Constant.POST_SWISH, 1);
      case QUICK_GELU -> number(Constant.POST_SWISH, Activation.QUICK_GELU_FACTOR);
      case GELU -> number(Constant.POST_GELU, 0);
      case GELU_TANH -> number(Constant.POST_GELU_TANH, 0);
      case RELU -> number(Constant.POST_RELU, 0);
      case LEAKY_RELU -> number(Constant.POST_RELU, Activation.LEAK);
      case TANH -> number(Constant.POST_TANH, 0);
    };
  }

  Posts number(Constant kind, double value) {
    posts.add(new Post(kind, value, NONE, Constant.F32, 0, 0));
    return this;
  }

  /** With an input of the result's shape, of a row a sample, of one sample for all, or of a number a channel. */
  Posts operand(Constant kind, int input, Node node) {
    Shape operand = node.input(input).shape();
    Shape result = node.output().shape();
    Seen seen = Seen.of(result);
    long row = seen.channels();
    Constant type = Stored.constant(node.input(input));
    if (operand.elements() == result.elements()) {
      posts.add(new Post(kind, 0, input, type, seen.pixels() * row, row));
    } else if (operand.elements() == row) {
      posts.add(new Post(kind, 0, input, type, 0, 0));
    } else if (operand.dim(0) == 1) {
      posts.add(new Post(kind, 0, input, type, 0, row));
    } else {
      posts.add(new Post(kind, 0, input, type, row, 0));
    }
    return this;
  }

  /** Gives a launch of {@link Kernel#CONVOLUTION} as many as it takes, and has others do the rest in place. */
  void finish(KernelLaunch launch, Launches launches, LaunchedOp.Places places, Value result) {
    int most = Math.min(posts.size(), Constant.MAX_POST.value);
    fill(launch, places, 0, most);
    if (most < posts.size()) {
      launch(launches, places, places.out(), result, result, most);
    }
  }

  /**
   * Launches that do all of them, and nothing else.
   *
   * @param from the value that lies in {@code src}, the result's place or another
   */
  void launch(Launches launches, LaunchedOp.Places places, MemorySegment src, Value from, Value result) {
    launch(launches, places, src, from, result, 0);
  }

  private void launch(Launches launches, LaunchedOp.Places places, MemorySegment src, Value from, Value result,
      int begin) {
    Seen seen = Seen.of(result.shape());
    for (int first = begin; first < posts.size(); first += Constant.MAX_POST.value) {
      boolean begins = first == begin;
      KernelLaunch launch = launches.add(Kernel.POINTWISE, begins ? from : result, result)
          .pointer("src", begins ? src : places.out()).pointer("dst", places.out()).integer("n", seen.n())
          .integer("spatial", seen.pixels()).integer("channels", seen.channels())
          .units(Math.ceilDiv(seen.elements(), Constant.POINTWISE_ELEMENTS.value));
      fill(launch, places, first, Math.min(posts.size(), first + Constant.MAX_POST.value));
    }
  }

  private void fill(KernelLaunch launch, LaunchedOp.Places places, int first, int end) {
    for (int i = first; i < end; i++) {
      Post post = posts.get(i);
      int at = i - first;
      launch.choice("post", at, post.kind).real("value", at, post.value);
      if (post.input != NONE) {
        launch.pointer("operand", at, places.in(post.input)).choice("operand_type", at, post.type)
            .integer("sample_stride", at, post.sampleStride).integer("pixel_stride", at, post.pixelStride);
      }
    }
  }
}
