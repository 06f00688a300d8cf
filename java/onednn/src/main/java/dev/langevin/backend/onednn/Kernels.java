package dev.langevin.backend.onednn;

import static dev.langevin.bindings.onednn.Primitive.BIAS;
import static dev.langevin.bindings.onednn.Primitive.DST;
import static dev.langevin.bindings.onednn.Primitive.MULTIPLE_SRC;
import static dev.langevin.bindings.onednn.Primitive.SRC;
import static dev.langevin.bindings.onednn.Primitive.SRC_1;
import static dev.langevin.bindings.onednn.Primitive.WEIGHTS;

import dev.langevin.backend.Closing;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.onednn.PrimitiveOp.Operand;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.onednn.BinaryOp;
import dev.langevin.bindings.onednn.DataType;
import dev.langevin.bindings.onednn.Eltwise;
import dev.langevin.bindings.onednn.Engine;
import dev.langevin.bindings.onednn.MemoryDesc;
import dev.langevin.bindings.onednn.Primitive;
import dev.langevin.bindings.onednn.PrimitiveAttr;
import dev.langevin.bindings.onednn.PrimitiveDesc;
import dev.langevin.bindings.onednn.Stream;
import dev.langevin.graph.Activation;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Function;

/**
 * Each operation in oneDNN's terms. A value (N, ..., C) is seen as a matrix (rows, C), as (N, P, C), or as a picture
 * (N, C, H, W) with its channels innermost: the same bytes.
 */
final class Kernels {

  private final Engine engine;
  private final Stream stream;
  private final GradientKernels gradients;

  Kernels(Engine engine, Stream stream) {
    this.engine = engine;
    this.stream = stream;
    this.gradients = new GradientKernels(engine);
  }

  /** Whether the library has convolutions of bfloat16 for this processor: the smallest of them is asked for. */
  boolean multipliesHalves() {
    long channels = 16;
    try (MemoryDesc src = MemoryDesc.channelsLast(DataType.BF16, 1, channels, 1, 1);
        MemoryDesc weights = MemoryDesc.any(DataType.BF16, channels, channels, 1, 1);
        MemoryDesc dst = MemoryDesc.channelsLast(1, channels, 1, 1);
        PrimitiveAttr attr = new PrimitiveAttr();
        PrimitiveDesc found = PrimitiveDesc.convolution(
            engine, src, weights, null, dst, 1, new long[2], new long[2], attr)) {
      return found != null;
    } catch (NativeException e) {
      return false; // no implementation
    }
  }

  /** A kernel in less than f32, or null where there is none. */
  private PreparedOp coarse(Node node, Precision precision) {
    boolean halves = precision == Precision.BF16;
    if (halves && !(node.inputs().size() > 1 && node.input(1).isWeight())) {
      return null;
    }
    return switch (node.op()) {
      case Op.Conv2d op -> halves
          ? primitives(node, p -> conv2d(p, op, node, DataType.BF16)) : Int8.convolution(op, node);
      case Op.Linear op -> halves ? primitives(node, p -> linear(p, op, node, DataType.BF16)) : Int8.linear(op, node);
      default -> null;
    };
  }

  private PreparedOp direct(Op.Conv2d op, Node node) {
    return primitives(node, p -> conv2d(p, op, node, DataType.F32));
  }

  /** Fills an op of primitives, which is closed if that fails. */
  private PreparedOp primitives(Node node, Function<PrimitiveOp, PreparedOp> fill) {
    PrimitiveOp p = new PrimitiveOp(node.toString(), engine, stream);
    try {
      return fill.apply(p);
    } catch (Throwable e) {
      Closing.after(e, List.of(p));
      throw e;
    }
  }

  PreparedOp prepare(Node node, Precision precision) {
    PreparedOp coarse = precision == Precision.F32 ? null : coarse(node, precision);
    if (coarse != null) {
      return coarse;
    }
    return primitives(node, p -> prepare(p, node, precision));
  }

  /** In f32, of weights that lie as halves where there is such a kernel. */
  PreparedOp prepare(Node node, DType stored) {
    PreparedOp half = stored == DType.F16 || stored == DType.BF16 ? HalfWeights.prepare(node, stored) : null;
    return half != null ? half : prepare(node, Precision.F32);
  }

  private PreparedOp prepare(PrimitiveOp p, Node node, Precision precision) {
    return switch (node.op()) {
      case Op.Conv2d op -> {
        PreparedOp fast = fast(p, op, node);
        yield fast != null ? fast : direct(op, node);
      }
      case Op.Linear op -> linear(p, op, node, DataType.F32);
      case Op.GroupNorm op -> ShimKernels.groupNorm(op, node);
      case Op.LayerNorm op -> ShimKernels.layerNorm(op, node);
      case Op.Attention op -> ShimKernels.attention(op, node, precision);
      case Op.Activate op -> eltwise(p, node, algorithm(op.function()), alpha(op.function()), 0);
      case Op.Affine op -> eltwise(p, node, Eltwise.LINEAR, (float) op.factor(), (float) op.offset());
      case Op.Add op -> binary(p, node, BinaryOp.ADD);
      case Op.Multiply op -> binary(p, node, BinaryOp.MULTIPLY);
      case Op.Concat op -> concat(p, op, node);
      case Op.Zeros op -> new ZerosOp();
      case Op.Slice op -> ShimKernels.slice(op, node);
      case Op.NearestRow op -> new NearestRowOp(node);
      case Op.UpsampleNearest op -> resample(p, node);
      case Op.Prelu op -> prelu(p, node);
      case Op.PixelShuffle op -> squares(p, op.factor(), node.output().shape(), true);
      case Op.PixelUnshuffle op -> squares(p, op.factor(), node.input(0).shape(), false);
      case Op.AveragePool op -> pool(p, op, node);
      case Op.ToChannelsLast op -> toChannelsLast(p, node.input(0).shape());
      case Op.ToChannelsFirst op -> toChannelsFirst(p, node.output().shape());
      case Op.TimeEmbedding op -> ShimKernels.timeEmbedding(op, node);
      case Op.Embedding op -> new EmbeddingOp(node);
      case GradientOp op -> gradients.prepare(p, op, node);
      case Op.Reshape op -> throw new IllegalStateException("a reshape is no work: " + node);
    };
  }

  /** By Winograd's algorithm, or null where that is not the better one; a rectifier goes over the results behind it. */
  private PreparedOp fast(PrimitiveOp p, Op.Conv2d op, Node node) {
    PostOp last = op.post().isEmpty() ? null : op.post().getLast();
    boolean rectified = last instanceof PostOp.Prelu || last instanceof PostOp.Activate(Activation function)
        && (function == Activation.RELU || function == Activation.LEAKY_RELU);
    Op.Conv2d sums = !rectified ? op : new Op.Conv2d(op.stride(), op.padding(), op.bias(),
        op.post().subList(0, op.post().size() - 1));
    PreparedOp fast = Winograd.convolution(sums, node, null, () -> direct(op, node));
    if (fast == null) {
      fast = WideWinograd.convolution(sums, node, () -> direct(op, node));
    }
    if (fast == null || !rectified) {
      return fast;
    }
    try {
      return new Sequence(fast, rectifier(p, last, node));
    } catch (Throwable e) {
      Closing.after(e, List.of(fast));
      throw e;
    }
  }

  /** A post-op over results as they lie. */
  private PreparedOp rectifier(PrimitiveOp p, PostOp op, Node node) {
    long channels = node.output().shape().dim(-1);
    MemoryDesc x = p.own(MemoryDesc.dense(node.output().shape().elements() / channels, channels));
    PrimitiveAttr attr = p.own(new PrimitiveAttr());
    if (op instanceof PostOp.Prelu prelu) {
      MemoryDesc slopes = p.own(MemoryDesc.dense(1, channels));
      return p.stage(PrimitiveDesc.prelu(engine, x, slopes, attr), Operand.output(SRC, x),
          Operand.input(WEIGHTS, slopes, prelu.slopes()), Operand.output(DST, x));
    }
    Activation function = ((PostOp.Activate) op).function();
    return p.stage(PrimitiveDesc.eltwise(engine, algorithm(function), alpha(function), 0, x, attr),
        Operand.output(SRC, x), Operand.output(DST, x));
  }

  /** @param type of the factors; sums and what goes in and out are f32 */
  private PreparedOp conv2d(PrimitiveOp p, Op.Conv2d op, Node node, DataType type) {
    Shape w = node.input(1).shape(); // (OC, IC, KH, KW)
    Shape s = node.input(0).shape();
    MemoryDesc given = picture(p, s);
    MemoryDesc src =
        type == DataType.F32 ? given : p.own(MemoryDesc.channelsLast(type, s.dim(0), s.dim(3), s.dim(1), s.dim(2)));
    MemoryDesc dst = picture(p, node.output().shape());
    MemoryDesc bias = op.bias() ? p.own(MemoryDesc.dense(w.dim(0))) : null;
    List<Operand> operands = new ArrayList<>();
    PrimitiveAttr attr = postOps(p, op.post(), dst, operands);
    Op.Padding pad = op.padding();
    PrimitiveDesc desc = p.own(PrimitiveDesc.convolution(engine, src, p.own(MemoryDesc.any(type, w.dims())), bias, dst,
        op.stride(), new long[] {pad.top(), pad.left()}, new long[] {pad.bottom(), pad.right()}, attr));
    operands.add(weights(p, engine, node.input(1), 1, p.own(MemoryDesc.dense(w.dims())), p.own(desc.weightsDesc())));
    operands.add(source(p, given, src));
    return weighted(p, desc, bias, dst, operands);
  }

  /** @param type as of a convolution */
  private PreparedOp linear(PrimitiveOp p, Op.Linear op, Node node, DataType type) {
    Shape w = node.input(1).shape(); // (OUT, IN)
    long out = w.dim(0);
    long in = w.dim(1);
    long rows = node.input(0).shape().elements() / in;
    MemoryDesc given = p.own(MemoryDesc.dense(rows, in));
    MemoryDesc src = type == DataType.F32 ? given : p.own(MemoryDesc.dense(type, rows, in));
    MemoryDesc dst = p.own(MemoryDesc.dense(rows, out));
    MemoryDesc bias = op.bias() ? p.own(MemoryDesc.dense(1, out)) : null;
    List<Operand> operands = new ArrayList<>();
    PrimitiveAttr attr = postOps(p, op.post(), dst, operands);
    MemoryDesc transposed = p.own(MemoryDesc.strided(new long[] {in, out}, new long[] {1, in}));
    boolean packed = node.input(1).isWeight();
    PrimitiveDesc desc = p.own(PrimitiveDesc.matmul(
        engine, src, packed ? p.own(MemoryDesc.any(type, in, out)) : transposed, bias, dst, attr));
    operands.add(packed ? weights(p, engine, node.input(1), 1, transposed, p.own(desc.weightsDesc()))
        : Operand.input(WEIGHTS, transposed, 1));
    operands.add(source(p, given, src));
    return weighted(p, desc, bias, dst, operands);
  }

  /** What a layer reads, rounded first where it reads less than f32. */
  private Operand source(PrimitiveOp p, MemoryDesc given, MemoryDesc read) {
    if (given == read) {
      return Operand.input(SRC, given, 0);
    }
    p.share(read.size()).stage(PrimitiveDesc.reorder(engine, given, read, p.own(new PrimitiveAttr())),
        Operand.input(SRC, given, 0), Operand.scratch(DST, read));
    return Operand.scratch(SRC, read);
  }

  /** The common end of layers with weights. */
  private static PreparedOp weighted(PrimitiveOp p, PrimitiveDesc desc, MemoryDesc bias, MemoryDesc dst,
      List<Operand> operands) {
    if (bias != null) {
      operands.add(Operand.input(BIAS, bias, 2));
    }
    operands.add(Operand.output(DST, dst));
    return p.stage(desc, operands.toArray(Operand[]::new));
  }

  /** A layer's weights: packed once where they come from a file, at each run where they are trained. */
  static Operand weights(PrimitiveOp p, Engine engine, Value value, int input, MemoryDesc plain, MemoryDesc packed) {
    if (value.isWeight()) {
      p.packs(input, plain, packed, packed.type() == DataType.F32 ? "" : packed.type() + " ");
      return Operand.input(WEIGHTS, packed, input);
    }
    p.share(packed.size()).stage(PrimitiveDesc.reorder(engine, plain, packed, p.own(new PrimitiveAttr())),
        Operand.input(SRC, plain, input), Operand.scratch(DST, packed));
    return Operand.scratch(WEIGHTS, packed);
  }

  private static PrimitiveAttr postOps(PrimitiveOp p, List<PostOp> post, MemoryDesc dst, List<Operand> operands) {
    PrimitiveAttr attr = p.own(new PrimitiveAttr());
    for (int i = 0; i < post.size(); i++) {
      switch (post.get(i)) {
        case PostOp.Activate a -> attr.eltwise(algorithm(a.function()), alpha(a.function()), 0);
        case PostOp.Prelu prelu -> {
          long[] slopes = new long[dst.dims().length];
          Arrays.fill(slopes, 1);
          slopes[1] = dst.dims()[1];
          attr.prelu(1 << 1);
          operands.add(Operand.input(Primitive.postOpWeights(i), p.own(MemoryDesc.dense(slopes)), prelu.slopes()));
        }
        case PostOp.Multiply by -> attr.eltwise(Eltwise.LINEAR, (float) by.factor(), 0);
        case PostOp.AddInput add -> {
          attr.binary(BinaryOp.ADD, dst);
          operands.add(Operand.input(Primitive.postOpOperand(i), dst, add.input()));
        }
        case PostOp.MultiplyInput by -> {
          attr.binary(BinaryOp.MULTIPLY, dst);
          operands.add(Operand.input(Primitive.postOpOperand(i), dst, by.input()));
        }
      }
    }
    return attr;
  }

  static Eltwise algorithm(Activation function) {
    return switch (function) {
      case SILU, QUICK_GELU -> Eltwise.SWISH;
      case GELU -> Eltwise.GELU_ERF;
      case GELU_TANH -> Eltwise.GELU_TANH;
      case RELU, LEAKY_RELU -> Eltwise.RELU;
      case TANH -> Eltwise.TANH;
    };
  }

  /** ReLU's slope below 0, the factor inside a swish's sigmoid; without meaning elsewhere. */
  static float alpha(Activation function) {
    return switch (function) {
      case QUICK_GELU -> (float) Activation.QUICK_GELU_FACTOR;
      case SILU -> 1;
      case LEAKY_RELU -> (float) Activation.LEAK;
      case GELU, GELU_TANH, RELU, TANH -> 0;
    };
  }

  private PreparedOp eltwise(PrimitiveOp p, Node node, Eltwise algorithm, float alpha, float beta) {
    MemoryDesc x = p.own(MemoryDesc.dense(node.output().shape().elements()));
    return p.stage(PrimitiveDesc.eltwise(engine, algorithm, alpha, beta, x, p.own(new PrimitiveAttr())),
        Operand.input(SRC, x, 0), Operand.output(DST, x));
  }

  private PreparedOp binary(PrimitiveOp p, Node node, BinaryOp algorithm) {
    Shape shape = node.output().shape();
    long n = shape.dim(0);
    long c = shape.dim(-1);
    Shape other = node.input(1).shape();
    MemoryDesc x = p.own(MemoryDesc.dense(n, shape.elements() / n / c, c));
    MemoryDesc y = other.elements() == shape.elements() ? x
        : p.own(other.rank() == 2 && other.dim(0) == n
            ? MemoryDesc.dense(n, 1, c) // a row for each sample
            : MemoryDesc.dense(1, shape.elements() / n / c, c)); // one for all samples
    return p.stage(PrimitiveDesc.binary(engine, algorithm, x, y, x, p.own(new PrimitiveAttr())),
        Operand.input(SRC, x, 0), Operand.input(SRC_1, y, 1), Operand.output(DST, x));
  }

  private PreparedOp concat(PrimitiveOp p, Op.Concat op, Node node) {
    long rows = 1;
    for (int axis = 0; axis < op.axis(); axis++) {
      rows *= node.output().shape().dim(axis);
    }
    long a = node.input(0).shape().elements() / rows;
    long b = node.input(1).shape().elements() / rows;
    MemoryDesc left = p.own(MemoryDesc.dense(rows, a));
    MemoryDesc right = p.own(MemoryDesc.dense(rows, b));
    MemoryDesc dst = p.own(MemoryDesc.dense(rows, a + b));
    return p.stage(PrimitiveDesc.concat(engine, 1, left, right, dst, p.own(new PrimitiveAttr())),
        Operand.input(MULTIPLE_SRC, left, 0), Operand.input(MULTIPLE_SRC + 1, right, 1), Operand.output(DST, dst));
  }

  private PreparedOp resample(PrimitiveOp p, Node node) {
    MemoryDesc src = picture(p, node.input(0).shape());
    MemoryDesc dst = picture(p, node.output().shape());
    return p.stage(PrimitiveDesc.upsampleNearest(engine, src, dst, p.own(new PrimitiveAttr())),
        Operand.input(SRC, src, 0), Operand.output(DST, dst));
  }

  /** Rectified with a slope for each of the channels, seen as the second axis. */
  private PreparedOp prelu(PrimitiveOp p, Node node) {
    long channels = node.output().shape().dim(-1);
    MemoryDesc x = p.own(MemoryDesc.dense(node.output().shape().elements() / channels, channels));
    MemoryDesc slopes = p.own(MemoryDesc.dense(1, channels));
    return p.stage(PrimitiveDesc.prelu(engine, x, slopes, p.own(new PrimitiveAttr())), Operand.input(SRC, x, 0),
        Operand.input(WEIGHTS, slopes, 1), Operand.output(DST, x));
  }

  /**
   * Squares of a picture (N, H f, W f, C) from channels (N, H, W, C f f), or the other way: both seen as rows of
   * squares, rows in one, squares in a row, columns in one, channels.
   */
  private PreparedOp squares(PrimitiveOp p, int factor, Shape picture, boolean unfold) {
    long f = factor;
    long c = picture.dim(3);
    long wide = picture.dim(2);
    long[] dims = {picture.dim(0) * picture.dim(1) / f, f, wide / f, f, c};
    MemoryDesc folded = p.own(MemoryDesc.strided(dims, new long[] {wide * f * c, f, f * f * c, 1, f * f}));
    MemoryDesc spread = p.own(MemoryDesc.strided(dims, new long[] {f * wide * c, wide * c, f * c, c, 1}));
    MemoryDesc src = unfold ? folded : spread;
    MemoryDesc dst = unfold ? spread : folded;
    return p.stage(PrimitiveDesc.reorder(engine, src, dst, p.own(new PrimitiveAttr())), Operand.input(SRC, src, 0),
        Operand.output(DST, dst));
  }

  private PreparedOp pool(PrimitiveOp p, Op.AveragePool op, Node node) {
    MemoryDesc whole = picture(p, node.input(0).shape());
    Shape s = node.output().shape();
    // A rest at the border is no window's: the primitive is shown the part of the picture that the windows cover.
    MemoryDesc src = p.own(whole.part(
        new long[] {s.dim(0), s.dim(3), s.dim(1) * op.size(), s.dim(2) * op.size()}, new long[4]));
    MemoryDesc dst = picture(p, s);
    return p.stage(PrimitiveDesc.averagePool(engine, op.size(), src, dst, p.own(new PrimitiveAttr())),
        Operand.input(SRC, src, 0), Operand.output(DST, dst));
  }

  private PreparedOp toChannelsLast(PrimitiveOp p, Shape nchw) {
    MemoryDesc first = p.own(MemoryDesc.dense(nchw.dims()));
    MemoryDesc last = p.own(MemoryDesc.channelsLast(nchw.dim(0), nchw.dim(1), nchw.dim(2), nchw.dim(3)));
    return p.stage(PrimitiveDesc.reorder(engine, first, last, p.own(new PrimitiveAttr())),
        Operand.input(SRC, first, 0), Operand.output(DST, last));
  }

  private PreparedOp toChannelsFirst(PrimitiveOp p, Shape nchw) {
    MemoryDesc first = p.own(MemoryDesc.dense(nchw.dims()));
    MemoryDesc last = p.own(MemoryDesc.channelsLast(nchw.dim(0), nchw.dim(1), nchw.dim(2), nchw.dim(3)));
    return p.stage(PrimitiveDesc.reorder(engine, last, first, p.own(new PrimitiveAttr())),
        Operand.input(SRC, last, 0), Operand.output(DST, first));
  }

  /** (N, H, W, C) as oneDNN sees it. */
  static MemoryDesc picture(PrimitiveOp p, Shape s) {
    return p.own(MemoryDesc.channelsLast(s.dim(0), s.dim(3), s.dim(1), s.dim(2)));
  }
}
