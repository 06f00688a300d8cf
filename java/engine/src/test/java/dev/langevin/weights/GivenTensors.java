package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.util.Map;
import java.util.Set;

/** A network's weights as they are given. */
record GivenTensors(Map<String, Tensor> tensors) implements NamedTensors {

  @Override
  public String origin() {
    return "given";
  }

  @Override
  public Set<String> names() {
    return tensors.keySet();
  }

  @Override
  public Tensor tensor(String name) {
    return tensors.get(name);
  }
}
