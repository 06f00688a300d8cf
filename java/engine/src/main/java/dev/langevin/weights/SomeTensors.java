package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Set;
import java.util.function.Predicate;

/** Those tensors of a file whose names are wanted. */
public final class SomeTensors implements NamedTensors {

  private final NamedTensors all;
  private final Set<String> names;

  private SomeTensors(NamedTensors all, Set<String> names) {
    this.all = all;
    this.names = names;
  }

  /** Owned by whoever owns {@code all}. */
  public static NamedTensors of(NamedTensors all, Predicate<String> wanted) {
    Set<String> names = new LinkedHashSet<>(all.names());
    names.removeIf(wanted.negate());
    return new SomeTensors(all, names);
  }

  @Override
  public Tensor tensor(String name) {
    if (!names.contains(name)) {
      throw new WeightsException(all.origin() + ": the tensor '" + name + "' is left out");
    }
    return all.tensor(name);
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(names);
  }

  @Override
  public String origin() {
    return all.origin();
  }

  @Override
  public void unload() {
    all.unload();
  }

  @Override
  public void requireUnchanged() {
    all.requireUnchanged();
  }
}
