package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/** One network of a file under other names. Tensors live as long as the file's. */
final class RenamedTensors implements NamedTensors {

  private record Source(String original, KeyTable.Form form) {}

  private final NamedTensors file;
  private final String component;
  private final Map<String, Source> sources = new LinkedHashMap<>();

  RenamedTensors(NamedTensors file, String component) {
    this.file = file;
    this.component = component;
  }

  /**
   * Takes a tensor of the file in.
   *
   * @throws WeightsException if another one has that name already
   */
  void add(String original, KeyTable.Target target) {
    Source before = sources.put(target.name(), new Source(original, target.form()));
    if (before != null) {
      throw new WeightsException(file.origin() + ": '" + before.original + "' and '" + original + "' are both the "
          + component + "'s " + target.name());
    }
  }

  @Override
  public String origin() {
    return file.origin() + ": " + component;
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(sources.keySet());
  }

  @Override
  public Tensor tensor(String name) {
    Source source = sources.get(name);
    if (source == null) {
      throw new WeightsException(origin() + ": there is no tensor '" + name + "'; was the file downloaded whole?");
    }
    return KeyTable.inForm(file.tensor(source.original), source.form,
        file.origin() + ": the tensor '" + source.original + "'");
  }

  @Override
  public String identity() {
    return file.identity() + "\n" + component + " " + sources;
  }

  @Override
  public void unload() {
    file.unload();
  }

  @Override
  public void requireUnchanged() {
    file.requireUnchanged();
  }
}
