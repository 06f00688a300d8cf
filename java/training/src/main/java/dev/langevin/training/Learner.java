package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.BlockKernels;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.TensorSource;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Predicate;
import java.util.stream.Collectors;

/**
 * A network that learns: its plan of forward and backward, and blocks of weights, gradients, moments and averages. The
 * caller writes inputs, runs, and takes a step. One thread at a time; {@link #close} frees everything.
 */
public final class Learner implements AutoCloseable {

  private final Backend backend;
  private final List<Block> blocks = new ArrayList<>();
  private final Parameters parameters;
  private final Block weights;
  private final Block gradients;
  private final Block accumulated;
  private final Block first;
  private final Block second;
  private final Block average;
  private final List<Plan> plans;
  private Plan plan; // of the size that is used
  private int runs;

  /** @throws TrainingException if the backend has no gradients, with the remedy */
  static void requireTraining(Backend backend) {
    if (backend.trainingRefusal() != null) {
      throw new TrainingException(backend.trainingRefusal());
    }
  }

  /**
   * Plans a network.
   *
   * @param loss a network and its loss
   * @param trained chooses the weights that are trained, by their names in the file; the others stay as they are
   * @param source what all weights begin with
   * @param settings memory, accumulation, averages
   * @throws dev.langevin.plan.PlanException if the memory does not suffice
   */
  public Learner(Backend backend, LossGraph loss, Predicate<String> trained, TensorSource source, Settings settings) {
    this(backend, List.of(loss), trained, source, settings);
  }

  /**
   * Plans a network for several sizes, of which {@link #use} chooses one. They share weights and the memory of
   * activations, so that what is written is read by the next run alone.
   *
   * @param losses the same network with its loss, of every size
   */
  public Learner(Backend backend, List<LossGraph> losses, Predicate<String> trained, TensorSource source,
      Settings settings) {
    requireTraining(backend);
    this.backend = backend;
    List<Graph> graphs = new ArrayList<>();
    List<Trained> splits = losses.stream().map(loss -> Trained.of(loss.graph(), trained)).toList();
    parameters = new Parameters(splits.getFirst().parameters());
    for (int i = 0; i < splits.size(); i++) {
      graphs.add(differentiated(splits.get(i), losses.get(i)));
    }
    weights = block();
    gradients = block();
    accumulated = settings.accumulates() ? block() : null;
    first = block();
    second = block();
    average = settings.averages() ? block() : null;
    try {
      parameters.read(source, weights);
      Map<String, Block> bound = new HashMap<>();
      for (String name : parameters.names()) {
        bound.put(name, parameters.slice(weights, name));
        bound.put(gradient(name), parameters.slice(gradients, name));
      }
      Planner planner = new Planner(backend).keeping(stored(losses.getFirst().graph(), trained, source));
      graphs.replaceAll(graph -> Recomputation.within(graph, settings.activationBytes(),
          g -> planner.size(g, bound).activations()));
      plans = planner.alternatives(graphs, source, bound);
    } catch (Throwable e) {
      blocks.forEach(Block::close);
      throw e;
    }
    plan = plans.getFirst();
    if (average != null) {
      average.copyFrom(weights);
    }
  }

  /** F16 or BF16 where all layers that are not trained have their weights in that type, else F32. */
  private static DType stored(Graph graph, Predicate<String> trained, TensorSource source) {
    Set<Encoding> found = graph.nodes().stream()
        .filter(node -> node.op() instanceof Op.Conv2d || node.op() instanceof Op.Linear).map(node -> node.input(1))
        .filter(Value::isWeight).flatMap(weight -> weight.parts().stream()).map(WeightPart::name).distinct()
        .filter(trained.negate()).map(name -> source.tensor(name).encoding()).collect(Collectors.toSet());
    return found.equals(Set.of(DType.F16)) ? DType.F16 : found.equals(Set.of(DType.BF16)) ? DType.BF16 : DType.F32;
  }

  /** Chooses the size that is written, run and read from now on, by its place among the losses. */
  public void use(int size) {
    plan = plans.get(size);
  }

  /**
   * How a network learns.
   *
   * @param accumulates whether several runs make one step
   * @param averages whether a moving average of the weights is kept
   * @param activationBytes most memory for what lies between the operations; what does not fit is computed twice
   */
  public record Settings(boolean accumulates, boolean averages, long activationBytes) {}

  private static Graph differentiated(Trained split, LossGraph loss) {
    Map<String, Value> wanted = new LinkedHashMap<>();
    split.parameters().forEach((name, weight) -> wanted.put(gradient(name), weight));
    return Autodiff.differentiate(split.graph(), loss.seeds(), wanted);
  }

  private static String gradient(String weight) {
    return "gradient of " + weight;
  }

  private Block block() {
    Block block = backend.memory().allocate(parameters.bytes());
    blocks.add(block);
    block.fill(0);
    return block;
  }

  /** An input, to be written before a run. */
  public DeviceTensor in(String name) {
    return plan.in(name);
  }

  /** Whether the network has an input of this name. */
  public boolean hasInput(String name) {
    return plan.hasInput(name);
  }

  /** An output, valid until the next run. */
  public DeviceTensor out(String name) {
    return plan.out(name);
  }

  /** Forward and backward; gradients of several runs add up until the next step. */
  public void run() {
    plan.run();
    if (runs > 0 && accumulated == null) {
      throw new IllegalStateException("this learner was planned for a step after each run");
    }
    if (accumulated != null) {
      backend.call(() -> {
        accumulate(runs == 0);
        return null;
      });
    }
    runs++;
  }

  private void accumulate(boolean begin) {
    if (begin) {
      accumulated.copyFrom(gradients);
    } else {
      backend.blocks().add(gradients, accumulated);
    }
  }

  /** The Euclidean norm of the mean gradient of the runs since the last step. */
  public double gradientNorm() {
    return backend.call(() -> Math.sqrt(backend.blocks().sumOfSquares(gradients()))) / Math.max(runs, 1);
  }

  /** Whether all that was learnt so far is finite numbers. */
  boolean isFinite() {
    return backend.call(() -> state().values().stream()
        .allMatch(block -> Double.isFinite(backend.blocks().sumOfSquares(block))));
  }

  private Block gradients() {
    return accumulated != null ? accumulated : gradients;
  }

  /**
   * Changes the weights by the gradients since the last step.
   *
   * @param step its gradient scale is multiplied by one over the number of runs
   */
  public void step(BlockKernels.AdamW step) {
    BlockKernels.AdamW mean = new BlockKernels.AdamW(step.learningRate(), step.beta1(), step.beta2(), step.epsilon(),
        step.weightDecay(), step.step(), step.gradientScale() / Math.max(runs, 1), step.averageDecay());
    backend.call(() -> {
      backend.blocks().adamW(mean, weights, gradients(), first, second, average);
      return null;
    });
    runs = 0;
  }

  /** Where each learned weight lies in the blocks of weights, gradients and moments. */
  public Parameters parameters() {
    return parameters;
  }

  /** The memory of the plan and of the blocks. */
  public long bytes() {
    int blocks = 4 + (accumulated == null ? 0 : 1) + (average == null ? 0 : 1);
    long shared = plans.stream().mapToLong(each -> each.size().activations() + each.size().scratch()).sum()
        - plans.stream().mapToLong(each -> each.size().activations()).max().orElse(0)
        - plans.stream().mapToLong(each -> each.size().scratch()).max().orElse(0);
    return PlanSize.together(plans) - shared + blocks * parameters.bytes();
  }

  /** That of the size that is used. */
  public Plan plan() {
    return plan;
  }

  /**
   * Blocks that make up what was learnt so far, by name: weights, first and second moments, and average where it is
   * kept.
   */
  public Map<String, Block> state() {
    Map<String, Block> state = new LinkedHashMap<>();
    state.put("weights", weights);
    state.put("first", first);
    state.put("second", second);
    if (average != null) {
      state.put("average", average);
    }
    return state;
  }

  /** The gradients of the last run. */
  public Block lastGradients() {
    return gradients;
  }

  @Override
  public void close() {
    plans.forEach(Plan::close);
    blocks.forEach(Block::close);
  }
}
