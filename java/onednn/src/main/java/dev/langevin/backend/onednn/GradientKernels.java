package dev.langevin.backend.onednn;

import static dev.langevin.bindings.onednn.Primitive.DIFF_BIAS;
import static dev.langevin.bindings.onednn.Primitive.DIFF_DST;
import static dev.langevin.bindings.onednn.Primitive.DIFF_SRC;
import static dev.langevin.bindings.onednn.Primitive.DIFF_WEIGHTS;
import static dev.langevin.bindings.onednn.Primitive.DST;
import static dev.langevin.bindings.onednn.Primitive.SRC;
import static dev.langevin.bindings.onednn.Primitive.WEIGHTS;

import dev.langevin.backend.LossKernels;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.onednn.PrimitiveOp.Operand;
import dev.langevin.bindings.onednn.BinaryOp;
import dev.langevin.bindings.onednn.Eltwise;
import dev.langevin.bindings.onednn.Engine;
import dev.langevin.bindings.onednn.MemoryDesc;
import dev.langevin.bindings.onednn.Primitive;
import dev.langevin.bindings.onednn.PrimitiveAttr;
import dev.langevin.bindings.onednn.PrimitiveDesc;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Each gradient in oneDNN's terms, or as a kernel of the shim. */
final class GradientKernels {

  private final Engine engine;

  GradientKernels(Engine engine) {
    this.engine = engine;
  }

  /** @param p to be filled where the gradient is computed by primitives; the caller closes it if this fails */
  PreparedOp prepare(PrimitiveOp p, GradientOp gradient, Node node) {
    return switch (gradient) {
      case GradientOp.Conv2dSource op -> {
        Winograd fast = Winograd.source(op, node);
        yield fast != null ? fast : conv2dSource(p, op, node);
      }
      case GradientOp.Conv2dWeights op -> {
        PreparedOp fast = Winograd.weights(op, node);
        yield fast != null ? fast : conv2dWeights(p, op, node);
      }
      case GradientOp.LinearSource op -> linearSource(p, node);
      case GradientOp.LinearWeights op -> linearWeights(p, op, node);
      case GradientOp.GroupNormInputs op -> ShimGradients.groupNorm(op.forward(), node);
      case GradientOp.LayerNormInputs op -> ShimGradients.layerNorm(op, node);
      case GradientOp.AttentionInputs op -> attention(p, op.forward(), node);
      case GradientOp.ActivateSource op -> {
        MemoryDesc x = p.own(MemoryDesc.dense(node.output().shape().elements()));
        yield p.stage(
            PrimitiveDesc.eltwiseSource(engine, Kernels.algorithm(op.function()), Kernels.alpha(op.function()), 0, x,
                attr(p)),
            Operand.input(SRC, x, 0), Operand.input(DIFF_DST, x, 1), Operand.output(DIFF_SRC, x));
      }
      case GradientOp.Sum op -> sum(node);
      case GradientOp.Embed op -> ShimGradients.embed(op, node);
      case GradientOp.EmbeddingTable op -> ShimGradients.embeddingTable(node);
      case GradientOp loss -> JavaOp.of((inputs, outputs) -> LossKernels.run(loss, node, inputs, outputs));
    };
  }

  private static PrimitiveAttr attr(PrimitiveOp p) {
    return p.own(new PrimitiveAttr());
  }

  private PreparedOp conv2dSource(PrimitiveOp p, GradientOp.Conv2dSource op, Node node) {
    Shape w = node.input(1).shape(); // (OC, IC, KH, KW)
    MemoryDesc src = Kernels.picture(p, node.output().shape());
    MemoryDesc dst = Kernels.picture(p, node.input(0).shape());
    PrimitiveDesc desc = p.own(PrimitiveDesc.convolutionSource(engine, src, p.own(MemoryDesc.any(w.dims())), dst,
        op.stride(), begin(op.padding()), end(op.padding()), attr(p)));
    Operand weights =
        Kernels.weights(p, engine, node.input(1), 1, p.own(MemoryDesc.dense(w.dims())), p.own(desc.weightsDesc()));
    return p.stage(desc, Operand.input(DIFF_DST, dst, 0), weights, Operand.output(DIFF_SRC, src));
  }

  private PreparedOp conv2dWeights(PrimitiveOp p, GradientOp.Conv2dWeights op, Node node) {
    Shape w = node.output().shape(); // (OC, IC, KH, KW)
    MemoryDesc src = Kernels.picture(p, node.input(0).shape());
    MemoryDesc dst = Kernels.picture(p, node.input(1).shape());
    MemoryDesc bias = op.bias() ? p.own(MemoryDesc.dense(w.dim(0))) : null;
    PrimitiveDesc desc = p.own(PrimitiveDesc.convolutionWeights(engine, src, p.own(MemoryDesc.any(w.dims())), bias, dst,
        op.stride(), begin(op.padding()), end(op.padding()), attr(p)));
    MemoryDesc own = p.own(desc.weightsGradientDesc());
    MemoryDesc plain = p.own(MemoryDesc.dense(w.dims()));
    Operand[] operands =
        {Operand.input(SRC, src, 0), Operand.input(DIFF_DST, dst, 1), Operand.scratch(DIFF_WEIGHTS, own)};
    if (bias != null) {
      operands = java.util.Arrays.copyOf(operands, 4);
      operands[3] = Operand.output(DIFF_BIAS, bias, 1, 0);
    }
    return p.share(own.size()).stage(desc, operands)
        .stage(PrimitiveDesc.reorder(engine, own, plain, attr(p)), Operand.scratch(SRC, own),
            Operand.output(DST, plain));
  }

  private static long[] begin(Op.Padding padding) {
    return new long[] {padding.top(), padding.left()};
  }

  private static long[] end(Op.Padding padding) {
    return new long[] {padding.bottom(), padding.right()};
  }

  private PreparedOp linearSource(PrimitiveOp p, Node node) {
    Shape w = node.input(1).shape(); // (OUT, IN)
    long rows = node.input(0).shape().elements() / w.dim(0);
    MemoryDesc dst = p.own(MemoryDesc.dense(rows, w.dim(0)));
    MemoryDesc src = p.own(MemoryDesc.dense(rows, w.dim(1)));
    MemoryDesc plain = p.own(MemoryDesc.dense(w.dim(0), w.dim(1)));
    boolean packed = node.input(1).isWeight();
    PrimitiveDesc desc = p.own(PrimitiveDesc.matmul(
        engine, dst, packed ? p.own(MemoryDesc.any(w.dim(0), w.dim(1))) : plain, null, src, attr(p)));
    MemoryDesc weights = p.own(desc.weightsDesc());
    if (packed) {
      p.packs(1, plain, weights, "transposed "); // the forward layer sees (IN, OUT)
    }
    return p.stage(desc, Operand.input(SRC, dst, 0), Operand.input(WEIGHTS, weights, 1), Operand.output(DST, src));
  }

  private PreparedOp linearWeights(PrimitiveOp p, GradientOp.LinearWeights op, Node node) {
    Shape w = node.output().shape(); // (OUT, IN)
    long rows = node.input(0).shape().elements() / w.dim(1);
    MemoryDesc src = p.own(MemoryDesc.dense(rows, w.dim(1)));
    MemoryDesc transposed = p.own(MemoryDesc.strided(new long[] {w.dim(0), rows}, new long[] {1, w.dim(0)}));
    MemoryDesc weights = p.own(MemoryDesc.dense(w.dim(0), w.dim(1)));
    p.stage(PrimitiveDesc.matmul(engine, transposed, src, null, weights, attr(p)),
        Operand.input(SRC, transposed, 1), Operand.input(WEIGHTS, src, 0), Operand.output(DST, weights));
    return op.bias() ? new Sequence(p, ShimGradients.sumRows(1, rows, w.dim(0), 1, 1)) : p;
  }

  private static PreparedOp sum(Node node) {
    Shape s = node.input(0).shape();
    Shape d = node.output().shape();
    long each = s.elements() / s.dim(0);
    return d.dim(0) == 1 && d.elements() == each
        ? ShimGradients.sumRows(1, s.dim(0), each, 0, 0)
        : ShimGradients.sumRows(s.dim(0), each / d.dim(-1), d.dim(-1), 0, 0);
  }

  /**
   * p = softmax(q k^T scale); dv = p^T dy; dp = dy v^T; ds = softmax's gradient; dq = ds k scale; dk = ds^T q scale.
   */
  private PreparedOp attention(PrimitiveOp p, Op.Attention op, Node node) {
    boolean packed = op.packing() == Op.Packing.QKV;
    int kv = packed ? 0 : 1;
    int dy = node.inputs().size() - 1;
    Shape d = node.input(dy).shape(); // (N, Lq, C)
    long c = d.dim(2);
    long keys = node.input(kv).shape().dim(1);
    long qRow = packed ? 3 * c : c;
    long kvRow = packed ? 3 * c : 2 * c;
    long kAt = packed ? 4 * c : 0;
    long[] queries = {d.dim(0), op.heads(), d.dim(1), c / op.heads()};
    MemoryDesc q = heads(p, queries, qRow, false);
    MemoryDesc out = heads(p, queries, c, false);
    long[] keyed = {d.dim(0), op.heads(), keys, c / op.heads()};
    MemoryDesc k = heads(p, keyed, kvRow, false);
    MemoryDesc kT = heads(p, keyed, kvRow, true);
    long[] pairs = {d.dim(0), op.heads(), d.dim(1), keys};
    MemoryDesc scores = p.own(MemoryDesc.dense(pairs));
    MemoryDesc scoresT = p.own(MemoryDesc.strided(new long[] {pairs[0], pairs[1], keys, d.dim(1)},
        new long[] {pairs[1] * pairs[2] * keys, pairs[2] * keys, 1, keys}));
    long bytes = (scores.size() + 63) / 64 * 64;
    p.share(2 * bytes);
    List<Operand> masked = new ArrayList<>(List.of(
        Operand.input(SRC, q, 0), Operand.input(WEIGHTS, kT, kv, kAt), Operand.scratch(DST, scores)));
    PrimitiveAttr mask = mask(p, op, node, pairs, masked);
    return p
        .stage(PrimitiveDesc.matmul(engine, q, kT, null, scores, mask), masked.toArray(Operand[]::new))
        .stage(PrimitiveDesc.softmax(engine, 3, scores, scores, attr(p)), Operand.scratch(SRC, scores),
            Operand.scratch(DST, scores))
        .stage(PrimitiveDesc.matmul(engine, scoresT, out, null, k, attr(p)),
            Operand.scratch(SRC, scoresT), Operand.input(WEIGHTS, out, dy), Operand.output(DST, k, kv, kAt + 4 * c))
        .stage(PrimitiveDesc.matmul(engine, out, kT, null, scores, attr(p)),
            Operand.input(SRC, out, dy), Operand.input(WEIGHTS, kT, kv, kAt + 4 * c),
            Operand.scratch(DST, scores, bytes))
        .stage(PrimitiveDesc.softmaxSource(engine, 3, scores, attr(p)), Operand.scratch(DST, scores),
            Operand.scratch(DIFF_DST, scores, bytes), Operand.scratch(DIFF_SRC, scores, bytes))
        .stage(PrimitiveDesc.matmul(engine, scores, k, null, q, scaled(p, op.scale())),
            Operand.scratch(SRC, scores, bytes), Operand.input(WEIGHTS, k, kv, kAt), Operand.output(DST, q, 0, 0))
        .stage(PrimitiveDesc.matmul(engine, scoresT, q, null, k, scaled(p, op.scale())),
            Operand.scratch(SRC, scoresT, bytes), Operand.input(WEIGHTS, q, 0), Operand.output(DST, k, kv, kAt));
  }

  /** The scale, then what is added to the scores: a number for each key, and -infinity for keys behind a query. */
  private static PrimitiveAttr mask(PrimitiveOp p, Op.Attention op, Node node, long[] pairs, List<Operand> operands) {
    PrimitiveAttr attr = scaled(p, op.scale());
    int next = 1;
    if (op.biased()) {
      MemoryDesc bias = p.own(MemoryDesc.dense(pairs[0], 1, 1, pairs[3]));
      attr.binary(BinaryOp.ADD, bias);
      operands.add(Operand.input(Primitive.postOpOperand(next++), bias, node.inputs().size() - 3));
    }
    if (op.causal()) {
      MemoryDesc behind = p.own(MemoryDesc.dense(1, 1, pairs[2], pairs[3]));
      attr.binary(BinaryOp.ADD, behind);
      MemorySegment numbers = p.constants().allocate(4 * pairs[2] * pairs[3], 64);
      for (long q = 0; q < pairs[2]; q++) {
        for (long k = q + 1; k < pairs[3]; k++) {
          numbers.setAtIndex(ValueLayout.JAVA_FLOAT, q * pairs[3] + k, Float.NEGATIVE_INFINITY);
        }
      }
      operands.add(Operand.constant(Primitive.postOpOperand(next), behind, numbers));
    }
    return attr;
  }

  /**
   * Heads side by side in rows of {@code row} elements, as (N, heads, L, width) or, transposed, (N, heads, width, L).
   */
  private static MemoryDesc heads(PrimitiveOp p, long[] dims, long row, boolean transposed) {
    return p.own(transposed
        ? MemoryDesc.strided(new long[] {dims[0], dims[1], dims[3], dims[2]},
            new long[] {dims[2] * row, dims[3], 1, row})
        : MemoryDesc.strided(dims, new long[] {dims[2] * row, dims[3], row, 1}));
  }

  private static PrimitiveAttr scaled(PrimitiveOp p, double scale) {
    PrimitiveAttr attr = attr(p);
    attr.eltwise(Eltwise.LINEAR, (float) scale, 0);
    return attr;
  }
}
