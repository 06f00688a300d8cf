package dev.langevin.bench.onnx;

import static dev.langevin.bench.onnx.OnnxFile.number;
import static dev.langevin.bench.onnx.OnnxFile.numbers;
import static dev.langevin.bench.onnx.OnnxFile.real;
import static dev.langevin.bench.onnx.OnnxFile.text;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.TensorSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes a graph as torch's exporter writes the same network: pictures with their channels first, norms over groups by
 * instance normalisation, attention as products around a softmax. What the timed networks do not need is refused by
 * name.
 */
final class OnnxExport {

  private final OnnxFile file;
  private final TensorSource weights;
  private final Map<Value, String> names = new HashMap<>();

  private OnnxExport(OnnxFile file, TensorSource weights) {
    this.file = file;
    this.weights = weights;
  }

  /** Writes {@code path} and, beside it, its weights. Inputs and outputs keep their names. */
  static void write(Graph graph, TensorSource weights, Path path) throws IOException {
    try (OnnxFile file = new OnnxFile(path)) {
      OnnxExport export = new OnnxExport(file, weights);
      graph.inputs().forEach((name, value) -> {
        file.input(name, value.dtype() == DType.I64 ? OnnxFile.INT64 : 1, value.shape().dims());
        export.names.put(value, name);
      });
      for (Node node : graph.nodes()) {
        export.names.put(node.output(), export.node(node));
      }
      graph.outputs().forEach((name, value) -> {
        file.rename(export.names.get(value), name);
        file.output(name, value.shape().dims());
      });
    }
  }

  private String in(Node node, int index) throws IOException {
    Value value = node.input(index);
    return value.isWeight() ? weight(value, value.shape().dims()) : names.get(value);
  }

  private String weight(Value value, long... dims) throws IOException {
    return file.floats(values(value), dims);
  }

  private float[] values(Value weight) {
    float[] all = new float[Math.toIntExact(weight.shape().elements())];
    int at = 0;
    for (Value.WeightPart part : weight.parts()) {
      float[] stored = weights.tensor(part.name()).toFloats();
      int row = stored.length / part.stored().intDim(0);
      System.arraycopy(stored, (int) part.firstRow() * row, all, at, (int) part.rows() * row);
      at += (int) part.rows() * row;
    }
    return all;
  }

  private String node(Node node) throws IOException {
    Shape shape = node.output().shape();
    return switch (node.op()) {
      case Op.Conv2d op -> conv2d(op, node);
      case Op.Linear op -> linear(op, node);
      case Op.GroupNorm op -> groupNorm(op, node);
      case Op.LayerNorm op ->
          file.node("LayerNormalization", List.of(in(node, 0), in(node, 1), in(node, 2)), number("axis", -1),
              real("epsilon", op.epsilon()));
      case Op.Attention op -> attention(op, node);
      case Op.Activate op -> activate(op.function(), in(node, 0));
      case Op.Affine op ->
          file.node("Add", List.of(file.node("Mul", List.of(in(node, 0), scalar(op.factor()))), scalar(op.offset())));
      case Op.Add op -> add(node);
      case Op.Multiply op -> file.node("Mul", List.of(in(node, 0), in(node, 1)));
      case Op.Concat op ->
          file.node("Concat", List.of(in(node, 0), in(node, 1)), number("axis", axis(shape, op.axis())));
      case Op.Slice op ->
          file.node("Slice", List.of(in(node, 0), file.longs(op.from()), file.longs(op.from() + shape.dim(op.axis())),
              file.longs(axis(shape, op.axis()))));
      case Op.UpsampleNearest op -> file.node("Resize",
          List.of(in(node, 0), "", file.floats(new float[] {1, 1, op.factor(), op.factor()}, 4)),
          text("mode", "nearest"), text("coordinate_transformation_mode", "asymmetric"), text("nearest_mode", "floor"));
      case Op.AveragePool op ->
          file.node("AveragePool", List.of(in(node, 0)), numbers("kernel_shape", op.size(), op.size()),
              numbers("strides", op.size(), op.size()));
      case Op.TimeEmbedding op -> timeEmbedding(op, node);
      case Op.Embedding op -> file.node("Gather", List.of(in(node, 1), in(node, 0)));
      case Op.ToChannelsLast op -> in(node, 0); // pictures have their channels first here
      case Op.ToChannelsFirst op -> in(node, 0);
      case Op.Reshape op -> reshape(node);
      default -> throw new UnsupportedOperationException(node + " is not written to ONNX");
    };
  }

  /** An axis of (N, H, W, C) where pictures are (N, C, H, W). */
  private static long axis(Shape shape, int axis) {
    return shape.rank() != 4 ? axis : new int[] {0, 2, 3, 1}[axis];
  }

  private String scalar(double value) throws IOException {
    return file.floats(new float[] {(float) value});
  }

  private String conv2d(Op.Conv2d op, Node node) throws IOException {
    List<String> inputs = new ArrayList<>();
    for (int i = 0; i < (op.bias() ? 3 : 2); i++) {
      inputs.add(in(node, i));
    }
    Op.Padding pad = op.padding();
    return file.node("Conv", inputs, numbers("strides", op.stride(), op.stride()),
        numbers("pads", pad.top(), pad.left(), pad.bottom(), pad.right()));
  }

  private String linear(Op.Linear op, Node node) throws IOException {
    if (node.input(0).shape().rank() == 2) {
      List<String> inputs = new ArrayList<>(List.of(in(node, 0), in(node, 1)));
      if (op.bias()) {
        inputs.add(in(node, 2));
      }
      return file.node("Gemm", inputs, number("transB", 1));
    }
    int out = node.input(1).shape().intDim(0);
    int in = node.input(1).shape().intDim(1);
    float[] rows = values(node.input(1));
    float[] columns = new float[rows.length];
    for (int o = 0; o < out; o++) {
      for (int i = 0; i < in; i++) {
        columns[i * out + o] = rows[o * in + i];
      }
    }
    String product = file.node("MatMul", List.of(in(node, 0), file.floats(columns, in, out)));
    return op.bias() ? file.node("Add", List.of(product, in(node, 2))) : product;
  }

  private String groupNorm(Op.GroupNorm op, Node node) throws IOException {
    Shape shape = node.output().shape();
    if (shape.rank() != 4 || op.scaleShift()) {
      throw new UnsupportedOperationException(
          node + " is not written to ONNX: only pictures without scale and shift are");
    }
    int channels = shape.intDim(3);
    float[] ones = new float[op.groups()];
    java.util.Arrays.fill(ones, 1);
    String grouped = file.node("Reshape", List.of(in(node, 0), file.longs(0, op.groups(), -1)));
    String normed = file.node("InstanceNormalization", List.of(grouped, file.floats(ones, op.groups()),
        file.floats(new float[op.groups()], op.groups())), real("epsilon", op.epsilon()));
    String picture =
        file.node("Reshape", List.of(normed, file.longs(shape.dim(0), channels, shape.dim(1), shape.dim(2))));
    String scaled = file.node("Mul", List.of(picture, weight(node.input(1), channels, 1, 1)));
    return file.node("Add", List.of(scaled, weight(node.input(2), channels, 1, 1)));
  }

  private String attention(Op.Attention op, Node node) throws IOException {
    if (op.biased()) {
      throw new UnsupportedOperationException(node + " is not written to ONNX: it has a bias");
    }
    List<String> parts = new ArrayList<>();
    if (op.packing() == Op.Packing.Q_KV) {
      parts.add(in(node, 0));
      parts.addAll(split(in(node, 1), 2, node.input(1).shape()));
    } else {
      parts.addAll(split(in(node, 0), 3, node.input(0).shape()));
    }
    Shape shape = node.output().shape();
    long width = shape.dim(2) / op.heads();
    String q = heads(parts.get(0), op.heads(), width, 0, 2, 1, 3);
    String k = heads(parts.get(1), op.heads(), width, 0, 2, 3, 1);
    String v = heads(parts.get(2), op.heads(), width, 0, 2, 1, 3);
    String scores = file.node("Mul", List.of(file.node("MatMul", List.of(q, k)), scalar(op.scale())));
    if (op.causal()) {
      scores = file.node("Add", List.of(scores, mask(shape.intDim(1))));
    }
    String mixed = file.node("MatMul", List.of(file.node("Softmax", List.of(scores), number("axis", -1)), v));
    return file.node("Reshape",
        List.of(file.node("Transpose", List.of(mixed), numbers("perm", 0, 2, 1, 3)), file.longs(shape.dims())));
  }

  private List<String> split(String packed, int parts, Shape shape) throws IOException {
    long[] each = Collections.nCopies(parts, shape.dim(2) / parts).stream().mapToLong(Long::longValue).toArray();
    return file.nodes("Split", List.of(packed, file.longs(each)), parts, number("axis", 2));
  }

  private String heads(String rows, long heads, long width, long... order) throws IOException {
    return file.node("Transpose", List.of(file.node("Reshape", List.of(rows, file.longs(0, -1, heads, width)))),
        numbers("perm", order));
  }

  private String mask(int length) throws IOException {
    float[] mask = new float[length * length];
    for (int i = 0; i < mask.length; i++) {
      mask[i] = i % length > i / length ? Float.NEGATIVE_INFINITY : 0;
    }
    return file.floats(mask, length, length);
  }

  private String activate(Activation function, String x) throws IOException {
    return switch (function) {
      case SILU -> file.node("Mul", List.of(x, file.node("Sigmoid", List.of(x))));
      case QUICK_GELU -> file.node("Mul", List.of(x, file.node("Sigmoid",
          List.of(file.node("Mul", List.of(x, scalar(Activation.QUICK_GELU_FACTOR)))))));
      case GELU -> {
        String erf = file.node("Erf", List.of(file.node("Div", List.of(x, scalar(Math.sqrt(2))))));
        yield file.node("Mul",
            List.of(file.node("Mul", List.of(x, file.node("Add", List.of(erf, scalar(1))))), scalar(0.5)));
      }
      case RELU -> file.node("Relu", List.of(x));
      case TANH -> file.node("Tanh", List.of(x));
      case GELU_TANH -> throw new UnsupportedOperationException("gelu_new is not written to ONNX");
    };
  }

  private String add(Node node) throws IOException {
    Shape a = node.input(0).shape();
    Shape b = node.input(1).shape();
    String second = in(node, 1);
    if (b.rank() == 2 && a.rank() == 4) {
      second = file.node("Reshape", List.of(second, file.longs(b.dim(0), b.dim(1), 1, 1)));
    } else if (b.rank() == 2 && a.rank() == 3) {
      second = file.node("Reshape", List.of(second, file.longs(b.dim(0), 1, b.dim(1))));
    }
    return file.node("Add", List.of(in(node, 0), second));
  }

  private String timeEmbedding(Op.TimeEmbedding op, Node node) throws IOException {
    float[] frequencies = op.frequencies();
    String times = file.node("Reshape", List.of(in(node, 0), file.longs(-1, 1)));
    String angles = file.node("Mul", List.of(times, file.floats(frequencies, 1, frequencies.length)));
    String sine = file.node("Sin", List.of(angles));
    String cosine = file.node("Cos", List.of(angles));
    return file.node("Concat", op.cosineFirst() ? List.of(cosine, sine) : List.of(sine, cosine), number("axis", -1));
  }

  private String reshape(Node node) throws IOException {
    String x = in(node, 0);
    if (node.input(0).shape().rank() == 4) {
      x = file.node("Transpose", List.of(x), numbers("perm", 0, 2, 3, 1));
    }
    x = file.node("Reshape", List.of(x, file.longs(node.output().shape().dims())));
    return node.output().shape().rank() == 4 ? file.node("Transpose", List.of(x), numbers("perm", 0, 3, 1, 2)) : x;
  }
}
