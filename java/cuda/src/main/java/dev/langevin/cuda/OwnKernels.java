package dev.langevin.cuda;

import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.UnsupportedOpException;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.graph.Activation;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.tensor.Shape;
import java.lang.foreign.MemorySegment;

/** Every operation of inference by the kernels of native/cuda; values lie as their nodes tell ({@link HalfValues}). */
final class OwnKernels implements OpKernels {

  /** Pixels that a thread sums at most, in f32. */
  private static final long CHUNK_PIXELS = 1024;

  /** Blocks that a multiprocessor should have at least. */
  private static final long BLOCKS_EACH = 2;

  @Override
  public PreparedOp prepare(Session session, Node node, Precision precision) {
    return switch (node.op()) {
      case Op.Conv2d op -> Layers.convolution(session, op, node, precision);
      case Op.Linear op -> Layers.linear(session, op, node, precision);
      case Op.GroupNorm op -> groupNorm(session, op, node);
      case Op.LayerNorm op -> own(session, Kernel.ROW_NORM, (l, p) -> layerNorm(l, p, op, node));
      case Op.Attention op -> attention(session, op, node);
      case Op.Activate op -> pointwise(session, node, new Posts().activation(op.function()));
      case Op.Affine op -> pointwise(session, node,
          new Posts().number(Constant.POST_SCALE, op.factor()).number(Constant.POST_OFFSET, op.offset()));
      case Op.Add op -> pointwise(session, node, new Posts().operand(Constant.POST_ADD, 1, node));
      case Op.Multiply op -> pointwise(session, node, new Posts().operand(Constant.POST_MULTIPLY, 1, node));
      case Op.Prelu op -> pointwise(session, node, new Posts().operand(Constant.POST_PRELU, 1, node));
      case Op.Concat op -> own(session, Kernel.COPY, (l, p) -> Moves.concat(l, p, op, node));
      case Op.Slice op -> own(session, Kernel.COPY, (l, p) -> Moves.slice(l, p, op, node));
      case Op.PixelShuffle op ->
          own(session, Kernel.COPY, (l, p) -> Moves.squares(l, p, op.factor(), node, true));
      case Op.PixelUnshuffle op ->
          own(session, Kernel.COPY, (l, p) -> Moves.squares(l, p, op.factor(), node, false));
      case Op.ToChannelsLast op -> own(session, Kernel.TRANSPOSE, (l, p) -> {
        Shape s = node.input(0).shape(); // (N, C, H, W)
        Moves.transpose(l, p, node, s.dim(0), s.dim(1), s.dim(2) * s.dim(3));
      });
      case Op.ToChannelsFirst op -> own(session, Kernel.TRANSPOSE, (l, p) -> {
        Shape s = node.input(0).shape(); // (N, H, W, C)
        Moves.transpose(l, p, node, s.dim(0), s.dim(1) * s.dim(2), s.dim(3));
      });
      case Op.Zeros op -> new LaunchedOp(session, "memset", (l, p) -> l.fill(p.out(), 0));
      case Op.UpsampleNearest op -> own(session, Kernel.RESAMPLE, (l, p) -> pictures(l, p, Kernel.RESAMPLE, node, 0));
      case Op.AveragePool op ->
          own(session, Kernel.AVERAGE_POOL, (l, p) -> pictures(l, p, Kernel.AVERAGE_POOL, node, op.size()));
      case Op.TimeEmbedding op -> own(session, Kernel.TIME_EMBEDDING, (l, p) -> timeEmbedding(l, p, op, node));
      case Op.Embedding op -> own(session, Kernel.EMBEDDING, (l, p) -> embedding(l, p, node));
      case Op.NearestRow op -> own(session, Kernel.NEAREST_ROW, (l, p) -> nearestRow(l, p, node));
      case GradientOp.GaussianSample op ->
          own(session, Kernel.GAUSSIAN_SAMPLE, (l, p) -> gaussianSample(l, p, node));
      case GradientOp op -> null;
      case Op.Reshape op -> throw new IllegalStateException("a reshape is no work: " + node);
    };
  }

  private static PreparedOp own(Session session, Kernel kernel, LaunchedOp.Binding binding) {
    return new LaunchedOp(session, kernel.symbol, binding);
  }

  private static PreparedOp pointwise(Session session, Node node, Posts posts) {
    return own(session, Kernel.POINTWISE,
        (l, p) -> posts.launch(l, p, p.in(0), node.input(0), node.output()));
  }

  private static PreparedOp groupNorm(Session session, Op.GroupNorm op, Node node) {
    Seen seen = Seen.of(node.output().shape());
    boolean silu = op.activation() == Activation.SILU;
    long slab = Math.max(1, Constant.GROUP_NORM_THREADS.value / (seen.channels() / op.groups()));
    long units = seen.n() * Math.ceilDiv(op.groups(), slab);
    long chunks = Math.clamp(Math.max(Math.ceilDiv(seen.pixels(), CHUNK_PIXELS),
        Math.ceilDiv(BLOCKS_EACH * session.multiprocessors(), units)), 1L, Math.ceilDiv(seen.pixels(), 32));
    long sums = 4 * seen.n() * chunks * op.groups() * 2;
    return new LaunchedOp(session, Kernel.GROUP_NORM.symbol, sums, null, (l, p) -> {
      for (Kernel kernel : new Kernel[] {Kernel.GROUP_NORM_SUMS, Kernel.GROUP_NORM}) {
        KernelLaunch launch = l.add(kernel, node.input(0), node.output()).pointer("src", p.in(0))
            .pointer("gamma", p.in(1)).pointer("beta", p.in(2)).pointer("dst", p.out()).pointer("sums", p.scratch())
            .integer("n", seen.n())
            .integer("spatial", seen.pixels()).integer("channels", seen.channels())
            .integer("src_channels", seen.channels()).integer("groups", op.groups()).integer("chunks", chunks)
            .flag("silu", silu).real("eps", op.epsilon()).units(units * chunks);
        if (op.addRow()) {
          launch.pointer("add", p.in(3)).integer("add_stride", seen.channels());
        }
        if (op.scaleShift()) { // (N, 2C): scales beside shifts
          MemorySegment rows = p.in(op.addRow() ? 4 : 3);
          launch.pointer("scale", rows).pointer("shift", rows.asSlice(4 * seen.channels()))
              .integer("scale_stride", 2 * seen.channels()).integer("shift_stride", 2 * seen.channels());
        }
      }
      if (op.activation() != null && !silu) {
        new Posts().activation(op.activation()).launch(l, p, p.out(), node.output(), node.output());
      }
    });
  }

  private static void layerNorm(Launches launches, LaunchedOp.Places p, Op.LayerNorm op, Node node) {
    long channels = node.output().shape().dim(-1);
    long rows = node.output().shape().elements() / channels;
    launches.add(Kernel.ROW_NORM, node.input(0), node.output()).pointer("src", p.in(0)).pointer("gamma", p.in(1))
        .pointer("beta", p.in(2)).pointer("dst", p.out()).integer("rows", rows).integer("channels", channels)
        .integer("spatial", rows).real("eps", op.epsilon()).units(Math.ceilDiv(rows, Constant.ROW_NORM_ROWS.value));
  }

  private static PreparedOp attention(Session session, Op.Attention op, Node node) {
    boolean packed = op.packing() == Op.Packing.QKV;
    int keys = packed ? 0 : 1;
    Shape dst = node.output().shape(); // (N, Lq, C)
    long channels = dst.dim(2);
    long size = channels / op.heads();
    if (size > Constant.ATTENTION_HEAD.value) {
      throw new UnsupportedOpException(node + ": heads are " + size + " wide, the kernel takes "
          + Constant.ATTENTION_HEAD.value + "; compute this model on the backend onednn", null);
    }
    long queries = dst.dim(1);
    long length = node.input(keys).shape().dim(1);
    long queryRow = packed ? 3 * channels : channels;
    long keyRow = packed ? 3 * channels : 2 * channels;
    return own(session, Kernel.ATTENTION, (l, p) -> {
      long part = Stored.bytes(node.input(keys), channels);
      MemorySegment k = p.in(keys).asSlice(packed ? part : 0);
      KernelLaunch launch = l.add(Kernel.ATTENTION).pointer("q", p.in(0)).pointer("k", k)
          .pointer("v", k.asSlice(part)).pointer("dst", p.out()).integer("n", dst.dim(0))
          .integer("heads", op.heads()).integer("head_size", size).integer("query_length", queries)
          .integer("key_length", length).integer("q_row_stride", queryRow)
          .integer("q_batch_stride", queries * queryRow).integer("k_row_stride", keyRow)
          .integer("k_batch_stride", length * keyRow).integer("v_row_stride", keyRow)
          .integer("v_batch_stride", length * keyRow).integer("dst_row_stride", channels)
          .integer("dst_batch_stride", queries * channels).flag("causal", op.causal()).real("scale", op.scale())
          .choice("type", Stored.constant(node.output()))
          .units(dst.dim(0) * op.heads() * Math.ceilDiv(queries, Constant.ATTENTION_QUERIES.value));
      if (op.biased()) {
        launch.pointer("bias", p.in(keys + 1)).integer("bias_batch_stride", length).integer("bias_key_stride", 1);
      }
    });
  }

  private static void pictures(Launches launches, LaunchedOp.Places p, Kernel kernel, Node node, long window) {
    Shape src = node.input(0).shape();
    Shape dst = node.output().shape();
    launches.add(kernel, node.input(0), node.output()).pointer("src", p.in(0)).pointer("dst", p.out())
        .integer("n", src.dim(0))
        .integer("height", src.dim(1)).integer("width", src.dim(2)).integer("channels", src.dim(3))
        .integer("dst_height", dst.dim(1)).integer("dst_width", dst.dim(2)).integer("window", window)
        .units(Math.ceilDiv(dst.elements(), Constant.POINTWISE_ELEMENTS.value));
  }

  private static void timeEmbedding(Launches launches, LaunchedOp.Places p, Op.TimeEmbedding op, Node node) {
    launches.add(Kernel.TIME_EMBEDDING).pointer("timesteps", p.in(0))
        .pointer("frequencies", launches.constants(op.frequencies())).pointer("dst", p.out())
        .integer("n", node.input(0).shape().elements()).integer("dim", op.width())
        .flag("flip_sin_to_cos", op.cosineFirst())
        .units(Math.ceilDiv(node.output().shape().elements(), Constant.POINTWISE_THREADS.value));
  }

  private static void embedding(Launches launches, LaunchedOp.Places p, Node node) {
    Shape table = node.input(1).shape();
    long count = node.input(0).shape().elements();
    MemorySegment bad = launches.flag(
        node.output().name() + ": an index is outside its table of " + table.dim(0) + " entries");
    launches.add(Kernel.EMBEDDING).pointer("indices", p.in(0)).pointer("table", p.in(1)).pointer("dst", p.out())
        .pointer("bad", bad).integer("count", count).integer("length", count).integer("entries", table.dim(0))
        .integer("channels", table.dim(1))
        .units(Math.ceilDiv(count * table.dim(1), Constant.POINTWISE_ELEMENTS.value));
  }

  private static void gaussianSample(Launches launches, LaunchedOp.Places p, Node node) {
    Shape dst = node.output().shape();
    launches.add(Kernel.GAUSSIAN_SAMPLE).pointer("moments", p.in(0)).pointer("noise", p.in(1)).pointer("dst", p.out())
        .integer("rows", dst.elements() / dst.dim(-1)).integer("channels", dst.dim(-1))
        .units(Math.ceilDiv(dst.elements(), Constant.POINTWISE_THREADS.value));
  }

  private static void nearestRow(Launches launches, LaunchedOp.Places p, Node node) {
    long channels = node.output().shape().dim(-1);
    long rows = node.output().shape().elements() / channels;
    launches.add(Kernel.NEAREST_ROW).pointer("src", p.in(0)).pointer("table", p.in(1)).pointer("dst", p.out())
        .integer("rows", rows).integer("entries", node.input(1).shape().dim(0)).integer("channels", channels)
        .units(Math.ceilDiv(rows, Constant.ROW_NORM_ROWS.value));
  }
}
