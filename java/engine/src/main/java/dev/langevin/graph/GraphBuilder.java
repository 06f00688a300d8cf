package dev.langevin.graph;

import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Writes a {@link Graph} layer by layer; infers shapes and refuses what does not fit, naming the layer. A layer's name
 * is the prefix of its weights in the file: layer {@code conv_in} has {@code conv_in.weight} and {@code conv_in.bias}.
 * Not thread-safe; used once. It is long because each kind of layer has its one method here.
 */
public final class GraphBuilder {

  private final Map<String, Value> inputs = new LinkedHashMap<>();
  private final Set<String> steady = new HashSet<>();
  private final Map<String, Value> outputs = new LinkedHashMap<>();
  private final Map<String, Value> weights = new LinkedHashMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private int nextId;

  /** An empty graph. */
  public GraphBuilder() {}

  /** Declares an input of the graph. */
  public Value input(String name, DType dtype, long... dims) {
    for (long dim : dims) {
      require(dim > 0, name, "an input of shape " + Shape.of(dims) + " is empty; every extent must be at least 1");
    }
    Value value = value(name, dtype, Shape.of(dims), List.of());
    inputs.put(name, value);
    return value;
  }

  /**
   * Declares an input that stays the same over many runs: what depends on such alone is computed once for all of them.
   */
  public Value steadyInput(String name, DType dtype, long... dims) {
    steady.add(name);
    return input(name, dtype, dims);
  }

  /** Makes a value a result of the graph, under a name of its own. */
  public void output(String name, Value value) {
    outputs.put(name, value);
  }

  /** The graph as it is now; the builder is used no more. */
  public Graph build() {
    return new Graph(inputs, steady, outputs, nodes);
  }

  /** A weight as stored. */
  public Value weight(String name, long... dims) {
    for (long dim : dims) {
      require(dim > 0, name, "the configuration asks for a weight of shape " + java.util.Arrays.toString(dims));
    }
    Shape shape = Shape.of(dims);
    return weight(name, shape, List.of(new WeightPart(name, shape, 0, shape.dim(0))));
  }

  /** The first {@code rows} rows of a stored weight, seen in another shape. */
  public Value weightAs(String name, Shape stored, long rows, long... dims) {
    Shape shape = Shape.of(dims);
    require(rows <= stored.dim(0) && shape.elements() == stored.elements() / stored.dim(0) * rows, name,
        rows + " rows of " + stored + " cannot be seen as " + shape);
    return weight(name, shape, List.of(new WeightPart(name, stored, 0, rows)));
  }

  /** Rows of a stored weight, or rows of several one after another. */
  private Value weight(String name, Shape shape, List<WeightPart> parts) {
    Value known = weights.get(name);
    if (known != null) {
      require(known.shape().equals(shape), name, "used as " + known.shape() + " and as " + shape);
      return known;
    }
    Value value = value(name, DType.F32, shape, parts);
    weights.put(name, value);
    return value;
  }

  /** Square convolution with bias; {@code x} is (N,H,W,IC). */
  public Value conv2d(String name, Value x, int outChannels, int kernel, int stride, Padding padding) {
    return conv2d(name, x, outChannels, kernel, stride, padding, true);
  }

  /** Square convolution, with or without bias; {@code x} is (N,H,W,IC). */
  public Value conv2d(
      String name, Value x, int outChannels, int kernel, int stride, Padding padding, boolean bias) {
    requireRank(name, x, 4);
    long height = outExtent(name, x.shape().dim(1), padding.top() + padding.bottom(), kernel, stride);
    long width = outExtent(name, x.shape().dim(2), padding.left() + padding.right(), kernel, stride);
    List<Value> in = new ArrayList<>();
    in.add(x);
    in.add(weight(name + ".weight", outChannels, x.shape().dim(3), kernel, kernel));
    if (bias) {
      in.add(weight(name + ".bias", outChannels));
    }
    return node(name, new Op.Conv2d(stride, padding, bias, List.of()), in,
        Shape.of(x.shape().dim(0), height, width, outChannels)); // (N, OH, OW, OC)
  }

  private static long outExtent(String name, long in, int padding, int kernel, int stride) {
    require(in + padding >= kernel, name,
        "a kernel of " + kernel + " does not fit into an extent of " + in + " with padding " + padding
            + "; use a larger picture");
    return (in + padding - kernel) / stride + 1;
  }

  /** y = x W^T + b over the last axis. */
  public Value linear(String name, Value x, int outFeatures, boolean bias) {
    return linear(name, List.of(name), x, outFeatures, bias);
  }

  /** Several linear layers of one input in one matrix product: their results side by side, (..., layers * each). */
  public Value linear(String name, List<String> layers, Value x, int eachFeatures, boolean bias) {
    long in = x.shape().dim(-1);
    long out = (long) layers.size() * eachFeatures;
    List<WeightPart> rows = new ArrayList<>();
    List<WeightPart> biases = new ArrayList<>();
    for (String layer : layers) {
      rows.add(new WeightPart(layer + ".weight", Shape.of(eachFeatures, in), 0, eachFeatures));
      biases.add(new WeightPart(layer + ".bias", Shape.of(eachFeatures), 0, eachFeatures));
    }
    return linear(name, rows, biases, x, out, bias);
  }

  /** The linear layer made of rows [firstRow, firstRow + rows) of a stored one with {@code storedRows} rows. */
  public Value linearRows(String name, Value x, int firstRow, int rows, int storedRows, boolean bias) {
    long in = x.shape().dim(-1);
    String path = name + "[" + firstRow + ":" + (firstRow + rows) + "]";
    return linear(path, List.of(new WeightPart(name + ".weight", Shape.of(storedRows, in), firstRow, rows)),
        List.of(new WeightPart(name + ".bias", Shape.of(storedRows), firstRow, rows)), x, rows, bias);
  }

  private Value linear(
      String name, List<WeightPart> rows, List<WeightPart> biases, Value x, long out, boolean bias) {
    require(out > 0, name, "the configuration asks for " + out + " output features");
    List<Value> in = new ArrayList<>();
    in.add(x);
    in.add(weight(name + ".weight", Shape.of(out, x.shape().dim(-1)), rows));
    if (bias) {
      in.add(weight(name + ".bias", Shape.of(out), biases));
    }
    return node(name, new Op.Linear(bias, List.of()), in, x.shape().with(-1, out));
  }

  /** Group normalisation over (N,...,C). */
  public Value groupNorm(String name, Value x, int groups, double epsilon) {
    return groupNorm(name, x, groups, epsilon, null);
  }

  /** Group normalisation, then x * (1 + scale) + shift with {@code scaleShift} (N, 2C), scales first; may be null. */
  public Value groupNorm(String name, Value x, int groups, double epsilon, Value scaleShift) {
    long channels = x.shape().dim(-1);
    require(groups > 0 && channels % groups == 0, name,
        channels + " channels do not divide into " + groups + " groups; check norm_num_groups, attn_norm_num_groups");
    List<Value> in = new ArrayList<>(
        List.of(x, weight(name + ".weight", channels), weight(name + ".bias", channels)));
    if (scaleShift != null) {
      Shape expected = Shape.of(x.shape().dim(0), 2 * channels);
      require(scaleShift.shape().equals(expected), name,
          "scale and shift are " + scaleShift.shape() + ", not " + expected);
      in.add(scaleShift);
    }
    return node(name, new Op.GroupNorm(groups, epsilon, false, scaleShift != null, null), in, x.shape());
  }

  /** Makes the last extent of {@code x} (..., C) normal: layer {@code name}'s weight and bias (C). */
  public Value layerNorm(String name, Value x, double epsilon) {
    long channels = x.shape().dim(-1);
    return node(name, new Op.LayerNorm(epsilon),
        List.of(x, weight(name + ".weight", channels), weight(name + ".bias", channels)), x.shape());
  }

  /** Self-attention over {@code qkv} (N,L,3C): (N,L,C). */
  public Value attention(String name, Value qkv, int heads) {
    return selfAttention(name, qkv, heads, false, null);
  }

  /**
   * Self-attention over {@code qkv} (N,L,3C): (N,L,C).
   *
   * @param causal whether a query attends to no key behind it
   * @param bias (N,L) added to every score of a key, or null
   */
  public Value selfAttention(String name, Value qkv, int heads, boolean causal, Value bias) {
    requireRank(name, qkv, 3);
    return attention(name, List.of(qkv), qkv.shape().dim(2) / 3, heads, Op.Packing.QKV, causal, bias);
  }

  /** Cross-attention of {@code q} (N,Lq,C) over {@code kv} (N,Lk,2C): (N,Lq,C). */
  public Value attention(String name, Value q, Value kv, int heads) {
    return attention(name, q, kv, heads, null);
  }

  /** {@link #attention(String, Value, Value, int)} with {@code bias} (N,Lk) added to every score of a key, or null. */
  public Value attention(String name, Value q, Value kv, int heads, Value bias) {
    requireRank(name, q, 3);
    requireRank(name, kv, 3);
    require(kv.shape().dim(0) == q.shape().dim(0) && kv.shape().dim(2) == 2 * q.shape().dim(2), name,
        "queries " + q.shape() + " do not fit keys and values " + kv.shape());
    return attention(name, List.of(q, kv), q.shape().dim(2), heads, Op.Packing.Q_KV, false, bias);
  }

  private Value attention(
      String name, List<Value> operands, long channels, int heads, Op.Packing packing, boolean causal, Value bias) {
    require(heads > 0 && channels % heads == 0, name,
        channels + " channels do not divide into " + heads + " heads; check attention_head_dim, num_attention_heads");
    List<Value> in = new ArrayList<>(operands);
    if (bias != null) {
      Shape expected = Shape.of(in.getLast().shape().dim(0), in.getLast().shape().dim(1));
      require(bias.shape().equals(expected), name,
          "a bias of " + bias.shape() + " does not fit the keys; needs " + expected);
      in.add(bias);
    }
    double scale = 1 / Math.sqrt((double) channels / heads);
    return node(name, new Op.Attention(heads, scale, packing, causal, bias != null), in,
        operands.getFirst().shape().with(2, channels));
  }

  /** A function of each element; {@code x} of any shape. */
  public Value activate(String name, Value x, Activation function) {
    return node(name, new Op.Activate(function), List.of(x), x.shape());
  }

  /** x * factor + offset. */
  public Value affine(String name, Value x, double factor, double offset) {
    return node(name, new Op.Affine(factor, offset), List.of(x), x.shape());
  }

  /**
   * a + b, where b has a's shape, or is one row (N, C) for each sample of a (N, ..., C), or (1, ...) for all samples.
   */
  public Value add(String name, Value a, Value b) {
    boolean row =
        b.shape().rank() == 2 && a.shape().dim(0) == b.shape().dim(0) && a.shape().dim(-1) == b.shape().dim(-1);
    boolean repeated = b.shape().rank() == a.shape().rank() && b.shape().with(0, a.shape().dim(0)).equals(a.shape())
        && b.shape().dim(0) == 1;
    require(row || repeated || a.shape().equals(b.shape()), name, "cannot add " + b.shape() + " to " + a.shape());
    return node(name, new Op.Add(), List.of(a, b), a.shape());
  }

  /** Product element by element of two values of one shape. */
  public Value multiply(String name, Value a, Value b) {
    require(a.shape().equals(b.shape()), name, "cannot multiply " + a.shape() + " by " + b.shape());
    return node(name, new Op.Multiply(), List.of(a, b), a.shape());
  }

  /** a and b side by side along the channels. */
  public Value concat(String name, Value a, Value b) {
    Shape joined = a.shape().with(-1, a.shape().dim(-1) + b.shape().dim(-1));
    require(b.shape().with(-1, joined.dim(-1)).equals(joined), name,
        "cannot put " + b.shape() + " beside " + a.shape() + "; picture sides must divide by the network's reduction");
    return node(name, new Op.Concat(a.shape().rank() - 1), List.of(a, b), joined);
  }

  /** b's tokens behind a's: (N, L, C) and (N, M, C) to (N, L+M, C). */
  public Value append(String name, Value a, Value b) {
    requireRank(name, a, 3);
    Shape joined = a.shape().with(1, a.shape().dim(1) + b.shape().dim(1));
    require(b.shape().with(1, joined.dim(1)).equals(joined), name, "cannot put " + b.shape() + " behind " + a.shape());
    return node(name, new Op.Concat(1), List.of(a, b), joined);
  }

  /** Zeros of that shape, f32. */
  public Value zeros(String name, long... dims) {
    return node(name, new Op.Zeros(), List.of(), Shape.of(dims));
  }

  /** {@code count} indices of an axis, from {@code from} on. */
  public Value slice(String name, Value x, int axis, long from, long count) {
    require(from >= 0 && count > 0 && from + count <= x.shape().dim(axis), name,
        "indices " + from + " to " + (from + count - 1) + " of axis " + axis + " are outside " + x.shape());
    return node(name, new Op.Slice(axis, from), List.of(x), x.shape().with(axis, count));
  }

  /** Doubles a picture, or to one pixel less in either direction, which is what halving an odd picture came from. */
  public Value upsampleNearest(String name, Value x, long height, long width) {
    Value twice = upsampleNearest(name, x, 2);
    require(twice.shape().dim(1) - height <= 1 && twice.shape().dim(2) - width <= 1, name,
        "a picture of " + x.shape() + " does not come from one of " + height + " by " + width);
    Value rows = height == twice.shape().dim(1) ? twice : slice(name + ".rows", twice, 1, 0, height);
    return width == twice.shape().dim(2) ? rows : slice(name + ".columns", rows, 2, 0, width);
  }

  /** The row of a table of {@code entries} rows that is nearest to each row of {@code x} (..., C). */
  public Value nearestRow(String name, Value x, int entries) {
    Value table = weight(name + ".weight", entries, x.shape().dim(-1));
    return node(name, new Op.NearestRow(), List.of(x, table), x.shape());
  }

  /** Repeats pixels: {@code x} (N,H,W,C) becomes (N, H factor, W factor, C). */
  public Value upsampleNearest(String name, Value x, int factor) {
    requireRank(name, x, 4);
    Shape shape = x.shape().with(1, x.shape().dim(1) * factor).with(2, x.shape().dim(2) * factor);
    return node(name, new Op.UpsampleNearest(factor), List.of(x), shape);
  }

  /** Rectifies with a slope of its own for each channel of {@code x} (..., C): layer {@code name}'s weight (C). */
  public Value prelu(String name, Value x) {
    return node(name, new Op.Prelu(), List.of(x, weight(name + ".weight", x.shape().dim(-1))), x.shape());
  }

  /** Squares of {@code factor} by {@code factor} pixels from channels: (N,H,W,C f f) to (N,H f,W f,C). */
  public Value pixelShuffle(String name, Value x, int factor) {
    requireRank(name, x, 4);
    long squares = (long) factor * factor;
    require(x.shape().dim(3) % squares == 0, name,
        x.shape().dim(3) + " channels do not make squares of " + factor + " by " + factor + " pixels");
    return node(name, new Op.PixelShuffle(factor), List.of(x), Shape.of(x.shape().dim(0), x.shape().dim(1) * factor,
        x.shape().dim(2) * factor, x.shape().dim(3) / squares));
  }

  /** The inverse of {@link #pixelShuffle}: (N,H f,W f,C) to (N,H,W,C f f). */
  public Value pixelUnshuffle(String name, Value x, int factor) {
    requireRank(name, x, 4);
    require(x.shape().dim(1) % factor == 0 && x.shape().dim(2) % factor == 0, name,
        "a " + x.shape() + " picture does not part into squares of " + factor + " by " + factor + " pixels");
    return node(name, new Op.PixelUnshuffle(factor), List.of(x), Shape.of(x.shape().dim(0), x.shape().dim(1) / factor,
        x.shape().dim(2) / factor, x.shape().dim(3) * factor * factor));
  }

  /** Means of squares that do not overlap: {@code x} (N,H,W,C) becomes (N, H/size, W/size, C). */
  public Value averagePool(String name, Value x, int size) {
    requireRank(name, x, 4);
    require(x.shape().dim(1) >= size && x.shape().dim(2) >= size, name,
        "a " + x.shape() + " picture is smaller than the pooling window of " + size);
    Shape shape = x.shape().with(1, x.shape().dim(1) / size).with(2, x.shape().dim(2) / size);
    return node(name, new Op.AveragePool(size), List.of(x), shape);
  }

  /** Sinusoidal embedding of {@code times} (N) f32: (N, width). */
  public Value timeEmbedding(String name, Value times, int width, boolean cosineFirst, double frequencyShift) {
    requireRank(name, times, 1);
    return node(name, new Op.TimeEmbedding(width, cosineFirst, frequencyShift, 10_000), List.of(times),
        Shape.of(times.shape().dim(0), width));
  }

  /** Rows of a table of {@code entries} by {@code width} picked by {@code indices} (...) i64: (..., width). */
  public Value embedding(String name, Value indices, int entries, int width) {
    return rows(name, weight(name + ".weight", entries, width), indices);
  }

  /** Rows of {@code table} (K, C) picked by {@code indices} (...) i64: (..., C). */
  public Value rows(String name, Value table, Value indices) {
    requireRank(name, table, 2);
    long[] dims = java.util.Arrays.copyOf(indices.shape().dims(), indices.shape().rank() + 1);
    dims[dims.length - 1] = table.shape().dim(1);
    return node(name, new Op.Embedding(), List.of(indices, table), Shape.of(dims));
  }

  /** A draw from the normal distribution that {@code moments} (N,H,W,2C) state, by unit {@code noise} (N,H,W,C). */
  public Value gaussianSample(String name, Value moments, Value noise) {
    Shape expected = noise.shape().with(-1, 2 * noise.shape().dim(-1));
    require(moments.shape().equals(expected), name,
        "moments are " + moments.shape() + ", the noise asks for " + expected);
    return node(name, new GradientOp.GaussianSample(), List.of(moments, noise), noise.shape());
  }

  /** From (N,C,H,W) to (N,H,W,C). */
  public Value toChannelsLast(String name, Value x) {
    requireRank(name, x, 4);
    Shape s = x.shape();
    return node(name, new Op.ToChannelsLast(), List.of(x), Shape.of(s.dim(0), s.dim(2), s.dim(3), s.dim(1)));
  }

  /** From (N,H,W,C) to (N,C,H,W). */
  public Value toChannelsFirst(String name, Value x) {
    requireRank(name, x, 4);
    Shape s = x.shape();
    return node(name, new Op.ToChannelsFirst(), List.of(x), Shape.of(s.dim(0), s.dim(3), s.dim(1), s.dim(2)));
  }

  /** The same elements in their order under another shape, which has as many. */
  public Value reshape(String name, Value x, long... dims) {
    Shape shape = Shape.of(dims);
    require(shape.elements() == x.shape().elements(), name, "cannot view " + x.shape() + " as " + shape);
    return node(name, new Op.Reshape(), List.of(x), shape);
  }

  private Value node(String name, Op op, List<Value> in, Shape shape) {
    Value result = value(name, DType.F32, shape, List.of());
    nodes.add(new Node(op, in, result));
    return result;
  }

  private Value value(String name, DType dtype, Shape shape, List<WeightPart> parts) {
    return new Value(nextId++, name, dtype, shape, parts);
  }

  private static void requireRank(String name, Value x, int rank) {
    require(x.shape().rank() == rank, name, "expects rank " + rank + ", got " + x.shape());
  }

  private static void require(boolean holds, String name, String what) {
    if (!holds) {
      throw new GraphException(name + ": " + what);
    }
  }
}
