package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Graphs of the single layers of the reference data. A case states its module by torch's printed form, which leaves
 * some things out (the number of heads, a residual, the kind of GELU): then there is a graph for each possibility.
 */
public final class LayerGraphs {

  private static final String LAYER = "layer";

  private final String type;
  private final String module;
  private final List<Shape> inputs;
  private final Function<String, Shape> parameters;

  /** {@code inputs} has null where an input is left out; {@code parameters} gives a parameter's shape, or null. */
  public LayerGraphs(String type, String module, List<Shape> inputs, Function<String, Shape> parameters) {
    this.type = type;
    this.module = module;
    this.inputs = inputs;
    this.parameters = parameters;
  }

  /** Every reading of the case; weights are named {@code layer.NAME}. Empty where the type is unknown. */
  public List<Graph> graphs() {
    int groups = Integer.parseInt(found("GroupNorm\\((\\d+),", "1"));
    double epsilon = Double.parseDouble(found("GroupNorm\\([^)]*eps=([0-9.e-]+)", "1e-5"));
    int channels = inputs.getFirst().intDim(inputs.getFirst().rank() == 4 ? 1 : -1);
    boolean bias = parameters.apply("to_q.bias") != null;
    List<Graph> graphs = new ArrayList<>();
    switch (type) {
      case "Conv2d" -> graphs.add(graph((b, in) -> b.conv2d(LAYER, in.getFirst(), parameters.apply("weight").intDim(0),
          parameters.apply("weight").intDim(2), stride(), Padding.of(padding()), parameters.apply("bias") != null)));
      case "Linear" -> graphs.add(graph((b, in) -> b.linear(
          LAYER, in.getFirst(), parameters.apply("weight").intDim(0), parameters.apply("bias") != null)));
      case "LayerNorm" -> graphs.add(graph((b, in) -> b.layerNorm(
          LAYER, in.getFirst(), Double.parseDouble(found("eps=([0-9.e-]+)", "1e-5")))));
      case "NormAct" -> graphs.add(graph((b, in) -> b.activate(LAYER,
          b.groupNorm(LAYER + ".norm", in.getFirst(), groups, epsilon), Activation.SILU)));
      case "TimestepEmbedding" -> graphs.add(graph((b, in) -> {
        int width = parameters.apply("linear_1.weight").intDim(0);
        Value h = b.activate(LAYER, b.linear(LAYER + ".linear_1", in.getFirst(), width, true), Activation.SILU);
        return b.linear(LAYER + ".linear_2", h, width, true);
      }));
      case "Downsample2D" -> graphs.add(graph((b, in) -> module.contains("AvgPool2d")
          ? b.averagePool(LAYER, in.getFirst(), 2)
          : b.conv2d(LAYER + ".Conv2d_0", in.getFirst(), channels, 3, 2, UNet2D.downsamplePadding(padding()))));
      case "Upsample2D" -> graphs.add(graph((b, in) -> {
        Value h = b.upsampleNearest(LAYER, in.getFirst(), 2);
        return module.contains("Conv2d") ? b.conv2d(LAYER + ".conv", h, channels, 3, 1, Padding.of(1)) : h;
      }));
      case "ResnetBlock2D" -> graphs.add(graph((b, in) -> {
        int out = parameters.apply("conv1.weight").intDim(0);
        Value time = in.size() < 2 ? null : b.activate(LAYER, in.get(1), Activation.SILU);
        boolean scaleShift = time != null && parameters.apply("time_emb_proj.weight").dim(0) == 2L * out;
        Resnet.Resample resample = module.contains("(upsample)") ? Resnet.Resample.UP
            : module.contains("(downsample)") ? Resnet.Resample.DOWN : Resnet.Resample.NONE;
        return new Resnet(groups, epsilon, scaleShift, 1).build(b, LAYER, in.getFirst(), time, out, resample);
      }));
      case "FeedForward" -> {
        int inner = parameters.apply("net.2.weight").intDim(1);
        for (Activation activation : List.of(Activation.GELU, Activation.GELU_TANH)) {
          graphs.add(graph(
              (b, in) -> new FeedForward(module.contains("GEGLU"), activation, inner).build(b, LAYER, in.getFirst())));
        }
      }
      case "Attention" -> heads(channels, heads -> graphs.add(graph((b, in) -> in.getFirst().shape().rank() == 4
          ? new SpatialAttention(channels / heads, groups, epsilon, 1).build(b, LAYER, in.getFirst())
          : new CrossAttention(heads, bias).build(b, LAYER, in.getFirst(), in.size() > 1 ? in.get(1) : null, null))));
      case "BasicTransformerBlock" -> heads(channels, heads -> graphs.add(graph(
          (b, in) -> new TransformerBlock(heads, normEpsilon(), false).build(b, LAYER, in.get(0), in.get(1), null))));
      case "Transformer2DModel" -> {
        int layers = (int) java.util.stream.IntStream.range(0, 99).takeWhile(
            i -> parameters.apply("transformer_blocks." + i + ".norm1.weight") != null).count();
        boolean linear = parameters.apply("proj_in.weight").rank() == 2;
        heads(channels,
            heads -> graphs.add(graph((b, in) -> new SpatialTransformer(heads, layers, groups, linear, false).build(b,
                LAYER, in.get(0), in.get(1), null))));
      }
      default -> {}
    }
    return graphs;
  }

  private static void heads(int channels, java.util.function.IntConsumer use) {
    for (int heads = 1; heads <= channels; heads++) {
      if (channels % heads == 0) {
        use.accept(heads);
      }
    }
  }

  private interface Layer {
    Value build(GraphBuilder b, List<Value> inputs);
  }

  private Graph graph(Layer layer) {
    GraphBuilder b = new GraphBuilder();
    List<Value> values = new ArrayList<>();
    for (int i = 0; i < inputs.size(); i++) {
      if (inputs.get(i) != null) {
        Value in = b.input("input." + i, DType.F32, inputs.get(i).dims());
        values.add(inputs.get(i).rank() == 4 ? b.toChannelsLast("input." + i, in) : in);
      }
    }
    Value out = layer.build(b, values);
    b.output("output", out.shape().rank() == 4 ? b.toChannelsFirst("output", out) : out);
    return b.build();
  }

  private double normEpsilon() {
    return Double.parseDouble(found("LayerNorm.*?eps=([0-9.e-]+)", "1e-5"));
  }

  private int stride() {
    return Integer.parseInt(found("stride=\\((\\d+)", "1"));
  }

  private int padding() {
    return Integer.parseInt(found("padding=\\((\\d+)", "0"));
  }

  private String found(String pattern, String otherwise) {
    Matcher matcher = Pattern.compile(pattern).matcher(module);
    return matcher.find() ? matcher.group(1) : otherwise;
  }
}
