package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.util.Set;

/** A file whose tensors have factors beside them. */
record ScaledFile(WeightFile file, NamedTensors tensors) implements WrappedFile {

  @Override
  public Set<String> names() {
    return tensors.names();
  }

  @Override
  public Tensor tensor(String name) {
    return tensors.tensor(name);
  }
}
