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
import dev.langevin.bindings.onednn.Engine;
import dev.langevin.bindings.onednn.MemoryDesc;
import dev.langevin.bindings.onednn.Primitive;
import dev.langevin.bindings.onednn.PrimitiveAttr;
import dev.langevin.bindings.onednn.PrimitiveDesc;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.Shape;

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
        Winograd fast = Winograd.source(op, node, null);
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
      case GradientOp.AttentionInputs op -> ShimGradients.attention(op.forward(), node);
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
      operands[3] = Operand.output(DIFF_BIAS, bias, 1);
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
}
