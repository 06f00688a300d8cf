package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;

/** A file whose tensors have factors beside them. */
record ScaledFile(WeightFile file, NamedTensors tensors) implements WeightFile {

  @Override
  public Path path() {
    return file.path();
  }

  @Override
  public String format() {
    return file.format();
  }

  @Override
  public Map<String, String> metadata() {
    return file.metadata();
  }

  @Override
  public Set<String> names() {
    return tensors.names();
  }

  @Override
  public Tensor tensor(String name) {
    return tensors.tensor(name);
  }

  @Override
  public String identity() {
    return file.identity();
  }

  @Override
  public void unload() {
    file.unload();
  }

  @Override
  public void close() {
    file.close();
  }
}
