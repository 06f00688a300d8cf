package dev.langevin.reference;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.Memory;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Value;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.Autodiff;
import dev.langevin.training.Parameters;
import dev.langevin.training.Trained;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/** Gradients of sum(output * seed) by every weight and some inputs. */
final class GradientCheck {

  private GradientCheck() {}

  interface Written {
    void to(Plan plan);
  }

  interface Compared {
    /** {@code name} is a stored weight's or an input's. */
    void gradient(String name, Tensor value);
  }

  /** Runs forward and backward; the seed is written to input {@code seed}. */
  static void run(String backend, Graph network, String output, TensorSource weights, Iterable<String> inputs,
      Written written,
      Compared compared) {
    Trained trained = Trained.of(network, name -> true);
    Graph graph = trained.graph();
    Value out = graph.outputs().get(output);
    Value seed = new Value(1_000_000, "seed", out.dtype(), out.shape(), java.util.List.of());
    Map<String, Value> withSeed = new LinkedHashMap<>(graph.inputs());
    withSeed.put("seed", seed);
    Map<String, Value> wanted = new LinkedHashMap<>();
    trained.parameters().forEach((name, weight) -> wanted.put("gradient." + name, weight));
    inputs.forEach(name -> wanted.put("gradient." + name, graph.inputs().get(name)));
    Graph differentiated = Autodiff.differentiate(
        new Graph(withSeed, graph.steady(), graph.outputs(), graph.nodes()), Map.of(out, seed), wanted);
    Parameters parameters = new Parameters(trained.parameters());
    Memory memory = Backend.named(backend).memory();
    try (Block values = memory.allocate(parameters.bytes()); Block gradients = memory.allocate(parameters.bytes())) {
      parameters.read(weights, values);
      Map<String, Block> bound = new HashMap<>();
      for (String name : parameters.names()) {
        bound.put(name, parameters.slice(values, name));
        bound.put("gradient." + name, parameters.slice(gradients, name));
      }
      try (Plan plan = new Planner(Backend.named(backend)).plan(differentiated, weights, Long.MAX_VALUE, bound)) {
        written.to(plan);
        plan.run();
        parameters.stored().keySet().forEach(name -> compared.gradient(name, parameters.tensor(gradients, name)));
        inputs.forEach(name -> compared.gradient(name, Ports.read(plan, "gradient." + name)));
      }
    }
  }

  /**
   * Below this part of a case's largest gradient a stored tensor holds nothing but the rounding of zeros, as a key's
   * bias does.
   */
  private static final double ROUNDING = 1e-5;

  /** The largest entry. */
  static double largest(Tensor tensor) {
    double largest = 0;
    for (float value : tensor.toFloats()) {
      largest = Math.max(largest, Math.abs(value));
    }
    return largest;
  }

  /**
   * Compares within {@code bound} times the expected tensor's largest entry; {@code scale} is that of all gradients of
   * the case.
   */
  static void assertClose(String what, Tensor actual, Tensor expected, double bound, double scale) {
    double largest = largest(expected);
    Shape shape = expected.shape();
    if (actual.shape().elements() != shape.elements()) {
      throw new AssertionError(what + ": " + actual.shape() + ", expected " + shape);
    }
    Closeness.assertClose(what, actual, expected, largest < ROUNDING * scale ? ROUNDING * scale : bound * largest);
  }
}
