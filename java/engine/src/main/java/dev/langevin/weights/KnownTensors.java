package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.util.Set;

/** Some of a network's tensors: those that it has a place for. */
record KnownTensors(NamedTensors base, Set<String> names) implements NamedTensors {

  @Override
  public String origin() {
    return base.origin();
  }

  @Override
  public Tensor tensor(String name) {
    return base.tensor(name);
  }
}
