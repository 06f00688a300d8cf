package dev.langevin.weights;

import dev.langevin.tensor.Shape;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** The tensors of a file whose names begin alike, by the rest of their names: one network among several. */
final class Section {

  private final NamedTensors file;
  private final String prefix;
  private final Set<String> names = new LinkedHashSet<>();
  private final Set<String> modules = new HashSet<>();

  Section(NamedTensors file, String prefix) {
    this.file = file;
    this.prefix = prefix;
    for (String name : file.names()) {
      if (name.startsWith(prefix)) {
        String rest = name.substring(prefix.length());
        names.add(rest);
        for (int dot = rest.lastIndexOf('.'); dot > 0; dot = rest.lastIndexOf('.', dot - 1)) {
          modules.add(rest.substring(0, dot));
        }
      }
    }
  }

  String prefix() {
    return prefix;
  }

  boolean isEmpty() {
    return names.isEmpty();
  }

  /** Whether there is a tensor of that name, or one below it. */
  boolean has(String name) {
    return names.contains(name) || modules.contains(name);
  }

  /** How many of {@code name.0}, {@code name.1} and so on there are, up to the first that is not there. */
  int count(String name) {
    int count = 0;
    while (has(name + "." + count)) {
      count++;
    }
    return count;
  }

  int rank(String name) {
    return shape(name).rank();
  }

  /**
   * An extent of a tensor.
   *
   * @throws WeightsException if the tensor is missing, or has not that axis
   */
  int dim(String name, int axis) {
    Shape shape = shape(name);
    if (axis >= shape.rank() || shape.dim(axis) < 1 || shape.dim(axis) > Integer.MAX_VALUE) {
      throw new WeightsException(file.origin() + ": the tensor '" + prefix + name + "' is " + shape
          + ", its axis " + axis + " must be from 1 to 2^31 - 1; is the file damaged?");
    }
    return shape.intDim(axis);
  }

  private Shape shape(String name) {
    if (!names.contains(name)) {
      throw new WeightsException(file.origin() + ": there is no tensor '" + prefix + name
          + "'; was the file downloaded whole, and is it a Stable Diffusion checkpoint in the original naming?");
    }
    return file.tensor(prefix + name).shape();
  }
}
