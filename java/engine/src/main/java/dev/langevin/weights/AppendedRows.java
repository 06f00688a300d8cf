package dev.langevin.weights;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A network's weights, one of them with further rows: a table of embeddings with those of learned tokens. */
public final class AppendedRows implements NamedTensors {

  private final NamedTensors base;
  private final String name;
  private final Tensor rows;

  /**
   * Appends rows to one tensor of a network, whose other weights stay as they are.
   *
   * @param name of the tensor (entries, width)
   * @param rows (count, width) f32
   * @throws WeightsException if their widths differ
   */
  public AppendedRows(NamedTensors base, String name, Tensor rows) {
    this.base = base;
    this.name = name;
    this.rows = rows;
    Shape table = base.tensor(name).shape();
    if (table.rank() != 2 || table.dim(1) != rows.shape().dim(1)) {
      throw new WeightsException(
          base.origin() + ": learned tokens of " + rows.shape().dim(1) + " channels do not fit " + name + " of "
              + table + "; were they learned for another kind of model?");
    }
  }

  @Override
  public Tensor tensor(String wanted) {
    Tensor tensor = base.tensor(wanted);
    if (!wanted.equals(name)) {
      return tensor;
    }
    Shape shape = tensor.shape();
    Tensor longer = Tensor.allocate(DType.F32, shape.with(0, shape.dim(0) + rows.shape().dim(0)));
    tensor.copyFloats(0, shape.elements(), longer.data());
    MemorySegment.copy(rows.data(), 0, longer.data(), shape.elements() * 4, rows.data().byteSize());
    return longer;
  }

  /** Asks the base alone, which need not make its tensors to tell. */
  @Override
  public void requireFit(Map<String, Shape> expected) {
    Map<String, Shape> without = new HashMap<>(expected);
    without.computeIfPresent(name, (n, shape) -> shape.with(0, Math.max(0, shape.dim(0) - rows.shape().dim(0))));
    base.requireFit(without);
  }

  @Override
  public List<String> notFinite() {
    List<String> found = new ArrayList<>(base.notFinite());
    if (!rows.isFinite()) {
      found.add(name + " (a learned token)");
    }
    return found;
  }

  @Override
  public String origin() {
    return base.origin();
  }

  @Override
  public Set<String> names() {
    return base.names();
  }

  @Override
  public void unload() {
    base.unload();
  }

  @Override
  public void requireUnchanged() {
    base.requireUnchanged();
  }
}
