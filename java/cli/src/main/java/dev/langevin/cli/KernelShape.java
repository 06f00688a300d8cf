package dev.langevin.cli;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.plan.OpWork;
import dev.langevin.tensor.DType;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * One operation of a real model, to be timed.
 *
 * @param name model and layer
 * @param op conv, matmul, attention, groupnorm, layernorm or relu
 * @param sizes in the order of the file
 * @param graph the operation alone
 * @param flops multiplications and additions; 0 for the others, which memory bounds
 * @param bytes inputs, weights and output, each moved once
 */
record KernelShape(String name, String op, Map<String, Integer> sizes, Graph graph, double flops, double bytes) {

  private static final Map<String, Set<String>> REQUIRED = Map.of(
      "conv", Set.of("n", "h", "w", "ic", "oc"),
      "matmul", Set.of("m", "k", "n"),
      "attention", Set.of("n", "heads", "lq", "lk", "d"),
      "groupnorm", Set.of("n", "h", "w", "c"),
      "layernorm", Set.of("rows", "c"),
      "relu", Set.of("elements"));

  private static final Map<String, Set<String>> OPTIONAL = Map.of(
      "conv", Set.of("k", "stride"), "groupnorm", Set.of("groups", "silu"));

  /**
   * Reads a file of shapes: a name, an operation and {@code key=value} sizes a line; {@code #} begins a remark.
   *
   * @throws IllegalArgumentException naming the line and what is wrong with it
   */
  static List<KernelShape> parse(String file, List<String> lines) {
    List<KernelShape> shapes = new ArrayList<>();
    for (int i = 0; i < lines.size(); i++) {
      String line = lines.get(i).replaceFirst("#.*", "").strip();
      if (!line.isEmpty()) {
        try {
          shapes.add(of(line.split("\\s+")));
        } catch (IllegalArgumentException e) {
          throw new IllegalArgumentException(file + ", line " + (i + 1) + ": " + e.getMessage(), e);
        }
      }
    }
    if (shapes.isEmpty()) {
      throw new IllegalArgumentException(file + ": there are no shapes in it");
    }
    return shapes;
  }

  private static KernelShape of(String[] words) {
    if (words.length < 3 || !REQUIRED.containsKey(words[1])) {
      throw new IllegalArgumentException("a line is a name, one of " + REQUIRED.keySet().stream().sorted().toList()
          + " and sizes such as n=2");
    }
    Map<String, Integer> sizes = new LinkedHashMap<>();
    for (int i = 2; i < words.length; i++) {
      String[] pair = words[i].split("=", 2);
      if (pair.length != 2 || !pair[1].matches("[0-9]{1,9}")) {
        throw new IllegalArgumentException("'" + words[i] + "' is no size such as n=2");
      }
      sizes.put(pair[0], Integer.parseInt(pair[1]));
    }
    Set<String> required = REQUIRED.get(words[1]);
    Set<String> optional = OPTIONAL.getOrDefault(words[1], Set.of());
    if (!sizes.keySet().containsAll(required)
        || !sizes.keySet().stream().allMatch(key -> required.contains(key) || optional.contains(key))) {
      throw new IllegalArgumentException(words[1] + " takes " + required.stream().sorted().toList()
          + (optional.isEmpty() ? "" : " and may have " + optional.stream().sorted().toList()) + ", not "
          + sizes.keySet());
    }
    Graph graph = graph(words[1], sizes);
    double bytes = graph.weights().stream().mapToDouble(Value::bytes).sum()
        + graph.inputs().values().stream().mapToDouble(Value::bytes).sum()
        + graph.outputs().values().stream().mapToDouble(Value::bytes).sum();
    return new KernelShape(words[0], words[1], sizes, graph, OpWork.flops(graph), bytes);
  }

  private static Graph graph(String op, Map<String, Integer> s) {
    GraphBuilder b = new GraphBuilder();
    Value result = switch (op) {
      case "conv" -> {
        int kernel = s.getOrDefault("k", 3);
        yield b.conv2d("conv", b.input("x", DType.F32, s.get("n"), s.get("h"), s.get("w"), s.get("ic")), s.get("oc"),
            kernel, s.getOrDefault("stride", 1), Padding.of(kernel / 2));
      }
      case "matmul" -> b.linear("matmul", b.input("x", DType.F32, s.get("m"), s.get("k")), s.get("n"), true);
      case "attention" -> {
        int width = s.get("heads") * s.get("d");
        Value q = b.input("q", DType.F32, s.get("n"), s.get("lq"), width);
        Value kv = b.input("kv", DType.F32, s.get("n"), s.get("lk"), 2 * width);
        yield b.attention("attention", q, kv, s.get("heads"));
      }
      case "groupnorm" -> {
        Value x = b.input("x", DType.F32, s.get("n"), s.get("h"), s.get("w"), s.get("c"));
        Value y = b.groupNorm("groupnorm", x, s.getOrDefault("groups", 32), 1e-5);
        yield s.getOrDefault("silu", 1) == 1 ? b.activate("silu", y, Activation.SILU) : y;
      }
      case "relu" -> b.activate("relu", b.input("x", DType.F32, s.get("elements")), Activation.RELU);
      default -> b.layerNorm("layernorm", b.input("x", DType.F32, s.get("rows"), s.get("c")), 1e-5);
    };
    b.output("y", result);
    return b.build();
  }

  /** The sizes as the file has them. */
  String sizesText() {
    StringBuilder text = new StringBuilder();
    sizes.forEach((key, value) -> text.append(text.isEmpty() ? "" : " ").append(key).append('=').append(value));
    return text.toString();
  }
}
