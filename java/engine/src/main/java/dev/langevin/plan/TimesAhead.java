package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Takes out of a network's runs what follows from the time and from steady inputs alone: the time's embedding, and what
 * each block makes of it. {@link Plan#prepare} computes it for many times at once, each layer as one product, to a
 * table; a run reads one row of it, which is copied to the network before.
 *
 * <p>
 * The graph that comes of it has the input of times, once (N), as a steady one (T N) with the N of a time side by side;
 * a further output {@link #TABLE} (T, R), and a further input {@link #ROW} (R), which is to be a row of the table. Both
 * are f32. The same numbers are computed as before, by layers of more rows.
 */
public final class TimesAhead {

  /** Name of the output. */
  public static final String TABLE = "times.table";

  /** Name of the input. */
  public static final String ROW = "times.row";

  private final Graph graph;
  private final int times;
  private final Map<Value, Value> wide = new HashMap<>(); // of a value the one for all times
  private final Set<Value> steady = new HashSet<>();
  private final List<Node> nodes = new ArrayList<>();
  private int nextId;

  private TimesAhead(Graph graph, int times) {
    this.graph = graph;
    this.times = times;
    graph.steady().forEach(name -> steady.add(graph.inputs().get(name)));
    graph.steadyNodes().forEach(node -> steady.addAll(node.outputs()));
    List<Value> all = new ArrayList<>(graph.inputs().values());
    graph.nodes().forEach(node -> {
      all.addAll(node.inputs());
      all.addAll(node.outputs());
    });
    nextId = 1 + all.stream().mapToInt(Value::id).max().orElse(0);
  }

  /** The graph for as many times of its input {@code timestep} as the backend asks for. */
  public static Graph of(Graph graph, Backend backend) {
    return of(graph, "timestep", backend.timesAhead());
  }

  /**
   * The graph for so many times, or the same where nothing can be taken out of it.
   *
   * @param input name of the input of times (N)
   * @param times T, or 0 for the same graph
   */
  public static Graph of(Graph graph, String input, int times) {
    if (times == 0) {
      return graph;
    }
    Graph made = new TimesAhead(graph, times).made(input);
    return made == null ? graph : made;
  }

  private Graph made(String input) {
    Value time = graph.inputs().get(input);
    Value all = value(input, time.shape().with(0, times * time.shape().dim(0)));
    wide.put(time, all);
    Set<Value> read = new HashSet<>(graph.outputs().values()); // by what is computed in a run
    for (Node node : graph.nodes()) {
      if (computable(node)) {
        widen(node);
      } else {
        nodes.add(node);
        read.addAll(node.inputs());
      }
    }
    List<Value> rows =
        graph.nodes().stream().map(Node::output).filter(wide::containsKey).filter(read::contains).toList();
    boolean apart = rows.stream().allMatch(row -> row.shape().elements() % Node.PART == 0);
    if (rows.isEmpty() || !apart || read.contains(time) || graph.outputs().values().stream().anyMatch(rows::contains)) {
      return null;
    }
    Value row = value(ROW, Shape.of(rows.stream().mapToLong(each -> each.shape().elements()).sum()));
    List<Node> taken = new ArrayList<>();
    long from = 0;
    for (Value each : rows) {
      Value part = value(ROW + "." + each.name(), Shape.of(each.shape().elements()));
      taken.add(new Node(new Op.Slice(0, from), List.of(row), part));
      taken.add(new Node(new Op.Reshape(), List.of(part), each));
      from += each.shape().elements();
    }
    Value table = beside(rows.stream().map(this::flat).toList());
    taken.addAll(nodes);
    Map<String, Value> inputs = new LinkedHashMap<>(graph.inputs());
    inputs.put(input, all);
    inputs.put(ROW, row);
    Map<String, Value> outputs = new LinkedHashMap<>(graph.outputs());
    outputs.put(TABLE, table);
    Set<String> names = new HashSet<>(graph.steady());
    names.add(input);
    return new Graph(inputs, names, outputs, taken);
  }

  /** Whether a node computes one row for each time from nothing but these, weights and steady values. */
  private boolean computable(Node node) {
    if (node.inputs().isEmpty() || !wide.containsKey(node.input(0))) {
      return false;
    }
    return switch (node.op()) {
      case Op.TimeEmbedding op -> true;
      case Op.Activate op -> true;
      case Op.Linear op -> node.inputs().stream().skip(1).allMatch(Value::isWeight);
      case Op.Add op -> node.input(1).shape().equals(node.input(0).shape())
          && (wide.containsKey(node.input(1)) || steady.contains(node.input(1)));
      default -> false;
    };
  }

  private void widen(Node node) {
    Value dst = node.output();
    Value result = value(dst.name(), dst.shape().with(0, times * dst.shape().dim(0)));
    wide.put(dst, result);
    if (node.op() instanceof Op.Add && !wide.containsKey(node.input(1))) { // the same for each time
      Value repeated = add(node.input(1).name() + ".row", new Op.Reshape(), Shape.of(1, dst.shape().elements()),
          node.input(1));
      Value sum = add(dst.name(), new Op.Add(), Shape.of(times, dst.shape().elements()), flat(node.input(0)), repeated);
      nodes.add(new Node(new Op.Reshape(), List.of(sum), result));
    } else {
      nodes
          .add(new Node(node.op(), node.inputs().stream().map(each -> wide.getOrDefault(each, each)).toList(), result));
    }
  }

  /** Of a value all times, a row each. */
  private Value flat(Value value) {
    return add(value.name() + ".rows", new Op.Reshape(), Shape.of(times, value.shape().elements()), wide.get(value));
  }

  private Value beside(List<Value> columns) {
    if (columns.size() == 1) {
      return columns.getFirst();
    }
    int half = columns.size() / 2;
    Value left = beside(columns.subList(0, half));
    Value right = beside(columns.subList(half, columns.size()));
    return add(TABLE, new Op.Concat(1), Shape.of(times, left.shape().dim(1) + right.shape().dim(1)), left, right);
  }

  private Value add(String name, Op op, Shape shape, Value... inputs) {
    Value result = value(name, shape);
    nodes.add(new Node(op, List.of(inputs), result));
    return result;
  }

  private Value value(String name, Shape shape) {
    return new Value(nextId++, name, DType.F32, shape, List.of());
  }
}
