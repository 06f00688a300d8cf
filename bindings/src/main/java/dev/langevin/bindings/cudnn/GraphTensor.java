package dev.langevin.bindings.cudnn;

/** A value of an {@link OperationGraph}, as that made it. */
public final class GraphTensor {

  final Descriptor descriptor;
  private final long id;
  private final long[] dimensions;

  GraphTensor(Descriptor descriptor, long id, long[] dimensions) {
    this.descriptor = descriptor;
    this.id = id;
    this.dimensions = dimensions;
  }

  /** By which a plan's run is told where it lies. */
  public long id() {
    return id;
  }

  long[] dimensions() {
    return dimensions;
  }
}
