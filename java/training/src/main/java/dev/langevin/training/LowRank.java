package dev.langevin.training;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Low-rank updates of linear layers that stay as they are (LoRA, arXiv:2106.09685): y = W x + B A x, of which A and B
 * are trained.
 *
 * @param rank rows of A, columns of B
 * @param alpha the update is alpha / rank times B A; null for the rank
 * @param format of the file: diffusers or kohya; null for diffusers
 * @param targets names of layers that get one, or their last parts; null for the attention's
 * @param dropout probability with which an element of x is zero for A, each step anew, as peft's {@code lora_dropout}
 */
public record LowRank(@JsonProperty(required = true) int rank, Double alpha, String format, List<String> targets,
    double dropout) {

  /** A learner's input (1) i64 that decides what is dropped, behind the network's prefix. */
  static final String DROPOUT_KEY = "dropout_key";

  private static final List<String> ATTENTION = List.of("to_q", "to_k", "to_v", "to_out.0");
  private static final List<String> TEXT_ATTENTION = List.of("q_proj", "k_proj", "v_proj", "out_proj");
  private static final String A = ".lora_A.weight";
  private static final String B = ".lora_B.weight";

  /**
   * Checks the numbers and copies {@code targets}; null becomes the attention's.
   *
   * @throws IllegalArgumentException if the rank is below 1, or another number outside its range
   */
  public LowRank {
    if (rank < 1) {
      throw new IllegalArgumentException("model.lora.rank is " + rank + ", must be at least 1");
    }
    if (!(dropout >= 0 && dropout < 1)) {
      throw new IllegalArgumentException("model.lora.dropout is " + dropout + ", must be from 0 on, below 1");
    }
    targets = targets == null ? ATTENTION : List.copyOf(targets);
  }

  /** The same of a text encoder's attention. */
  LowRank ofText() {
    return new LowRank(rank, alpha, format, TEXT_ATTENTION, dropout);
  }

  /** What B A is multiplied by. */
  double scale() {
    return alpha == null ? 1 : alpha / rank;
  }

  /** The layer that an update's weight belongs to. */
  static String layer(String name) {
    return name.substring(0, name.length() - A.length());
  }

  /** Whether a weight is of an update. */
  static boolean isUpdate(String name) {
    return name.endsWith(A) || name.endsWith(B);
  }

  /** Whether an update begins with zeros, so that the network begins as it was. */
  static boolean beginsAsZero(String name) {
    return name.endsWith(B);
  }

  /** Decides what this step drops in the networks of these prefixes. */
  static void writeKey(StepRandom random, Learner learner, String... prefixes) {
    long[] key = {random.whole()};
    for (String prefix : prefixes) {
      if (learner.hasInput(prefix + DROPOUT_KEY)) { // a text encoder that does not learn has none
        learner.in(prefix + DROPOUT_KEY).write(key);
      }
    }
  }

  /** A network with updates, and the layers that have one. */
  record Updated(Graph graph, Set<String> layers) {}

  /**
   * The network with updates of all its layers that are targets: linear ones, also those that share a matrix with
   * others, and convolutions.
   *
   * @param prefix of the network's name, which tells its layers from those of others; where there is dropout, an input
   *   {@link #DROPOUT_KEY} behind it is added
   * @throws TrainingException naming the targets that no layer has
   */
  Updated insert(Graph graph, String prefix) {
    Insertion insertion = new Insertion(graph, prefix);
    graph.nodes().forEach(insertion::add);
    List<String> missing = targets.stream()
        .filter(target -> insertion.layers.stream().noneMatch(layer -> matches(layer, target))).toList();
    if (!missing.isEmpty()) {
      Set<String> ends = new TreeSet<>();
      insertion.seen.forEach(layer -> ends.add(layer.replaceFirst(".*\\.(?=[A-Za-z_]\\w*(\\.\\d+)*$)", "")));
      throw new TrainingException("model.lora.targets: no linear layer or convolution is called "
          + String.join(" or ", missing) + "; layers are called " + String.join(", ", ends));
    }
    Map<String, Value> inputs = new LinkedHashMap<>(graph.inputs());
    if (dropout > 0) {
      inputs.put(prefix + DROPOUT_KEY, insertion.key);
    }
    return new Updated(new Graph(inputs, graph.steady(), graph.outputs(), insertion.nodes), insertion.layers);
  }

  /** The same in every version of Java. */
  private static long salt(String layer) {
    long salt = 0;
    for (int i = 0; i < layer.length(); i++) {
      salt = 31 * salt + layer.charAt(i);
    }
    return salt;
  }

  /** As peft has it: the whole name, or its last parts. */
  private static boolean matches(String layer, String target) {
    return layer.equals(target) || layer.endsWith("." + target);
  }

  private final class Insertion {
    final List<Node> nodes = new ArrayList<>();
    final Set<String> layers = new TreeSet<>();
    final Set<String> seen = new TreeSet<>();
    final Map<String, Value> downs = new HashMap<>();
    final Map<String, Value> drops = new HashMap<>();
    final String prefix;
    final Value key; // of what is dropped
    int nextId;

    Insertion(Graph graph, String prefix) {
      this.prefix = prefix;
      nextId = GraphExtension.nextId(graph);
      key = new Value(nextId++, prefix + DROPOUT_KEY, DType.I64, Shape.of(1), List.of());
    }

    void add(Node node) {
      boolean layer = node.op() instanceof Op.Linear || node.op() instanceof Op.Conv2d;
      List<WeightPart> parts = layer ? node.input(1).parts() : List.of();
      parts.forEach(part -> seen.add(layer(part)));
      List<WeightPart> chosen = parts.stream().filter(this::target).toList();
      if (chosen.isEmpty()) {
        nodes.add(node);
        return;
      }
      chosen.forEach(part -> layers.add(layer(part)));
      Value out = node.output();
      Value before = value(out.name(), out.shape());
      nodes.add(new Node(node.op(), node.inputs(), before));
      // under the old number, so that readers need no change
      nodes.add(new Node(new Op.Add(), List.of(before, update(node, parts, chosen)), out));
    }

    private boolean target(WeightPart part) {
      return targets.stream().anyMatch(target -> matches(layer(part), target));
    }

    private static String layer(WeightPart part) {
      return part.name().replaceFirst("\\.weight$", "");
    }

    /** Of the whole output; zero where a part of it is no target. */
    private Value update(Node node, List<WeightPart> parts, List<WeightPart> chosen) {
      Shape out = node.output().shape();
      Value update = null; // scaled within, where there are fewer numbers
      long from = 0;
      for (WeightPart part : parts) {
        if (chosen.contains(part)) {
          Value one = node.op() instanceof Op.Conv2d op ? convolution(op, part, node) : linear(part, node.input(0));
          if (chosen.size() == parts.size()) {
            update = update == null ? one : emit(new Op.Concat(out.rank() - 1), List.of(update, one),
                out.with(-1, update.shape().dim(-1) + one.shape().dim(-1)));
          } else {
            Value placed = emit(new GradientOp.Embed(out.rank() - 1, from), List.of(one), out);
            update = update == null ? placed : emit(new Op.Add(), List.of(update, placed), out);
          }
        }
        from += part.rows();
      }
      return update;
    }

    private Value linear(WeightPart part, Value x) {
      Value down = down(layer(part), Shape.of(rank, part.stored().dim(1)));
      Value up = up(part, Shape.of(part.stored().dim(0), rank));
      Value inner = scaled(emit(new Op.Linear(false, List.of()), List.of(dropped(part, x), down),
          x.shape().with(-1, rank)));
      return emit(new Op.Linear(false, List.of()), List.of(inner, up), x.shape().with(-1, part.rows()));
    }

    private Value convolution(Op.Conv2d op, WeightPart part, Node node) {
      Value down = down(layer(part), part.stored().with(0, rank));
      Value up = up(part, Shape.of(part.stored().dim(0), rank, 1, 1));
      Value inner = scaled(emit(new Op.Conv2d(op.stride(), op.padding(), false, List.of()),
          List.of(dropped(part, node.input(0)), down), node.output().shape().with(-1, rank)));
      return emit(new Op.Conv2d(1, Op.Padding.of(0), false, List.of()), List.of(inner, up), node.output().shape());
    }

    /** Each layer has zeros of its own, also where several read one x; parts of one layer have the same. */
    private Value dropped(WeightPart part, Value x) {
      return dropout == 0 ? x
          : drops.computeIfAbsent(layer(part), layer -> emit(new GradientOp.Dropout(dropout, salt(prefix + layer)),
              List.of(x, key), x.shape()));
    }

    private Value scaled(Value inner) {
      return scale() == 1 ? inner : emit(new Op.Affine(scale(), 0), List.of(inner), inner.shape());
    }

    /** One for a layer, however many products the graph makes of its rows. */
    private Value down(String layer, Shape shape) {
      return downs.computeIfAbsent(layer,
          name -> weight(name + A, shape, new WeightPart(name + A, shape, 0, shape.dim(0))));
    }

    private Value up(WeightPart part, Shape stored) {
      String name = layer(part) + B;
      boolean whole = part.rows() == stored.dim(0);
      return weight(whole ? name : name + "." + part.firstRow(), stored.with(0, part.rows()),
          new WeightPart(name, stored, part.firstRow(), part.rows()));
    }

    private Value weight(String name, Shape shape, WeightPart part) {
      return new Value(nextId++, name, DType.F32, shape, List.of(part));
    }

    private Value emit(Op op, List<Value> inputs, Shape shape) {
      Value result = value(inputs.getFirst().name() + ".lora", shape);
      nodes.add(new Node(op, inputs, result));
      return result;
    }

    private Value value(String name, Shape shape) {
      return new Value(nextId++, name, DType.F32, shape, List.of());
    }
  }
}
