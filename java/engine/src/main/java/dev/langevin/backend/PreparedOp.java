package dev.langevin.backend;

import java.lang.foreign.MemorySegment;
import java.util.List;

/**
 * A node with its implementation chosen: what it needs of memory, and how it wants its weights. Used on the planning
 * thread only, bound at most once, and closed by whoever asked for it, bound or not.
 */
public interface PreparedOp extends AutoCloseable {

  /** The implementation's own name, for example {@code brgconv:avx512_core}. */
  String implementation();

  /** Bytes of scratch memory during {@code execute}, 64-byte aligned; shared between the ops of a plan. */
  default long scratchBytes() {
    return 0;
  }

  /** How weight input {@code index} must lie; the plain row-major f32 by default. */
  default WeightLayout weightLayout(int index) {
    return null;
  }

  /**
   * An implementation that packs its weights more tightly and takes longer, or null where there is none. The caller
   * closes it.
   */
  default PreparedOp compact() {
    return null;
  }

  /**
   * Fixes the memory. The result may be executed any number of times, by one thread at a time. It takes over what it
   * needs: this may be closed before it. Where this fails, nothing is taken over.
   *
   * @param inputs one segment an input of the node; weights in the layout asked for
   * @param outputs one segment a result
   * @param scratch at least {@link #scratchBytes} bytes
   */
  CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch);

  /** Frees what no result of {@link #bind} took over, and the weight layouts' handles: they pack no more. Once. */
  @Override
  default void close() {}

  /** A layout that differs from plain row-major f32. */
  interface WeightLayout {
    /** For listings, for example {@code ABcd16b16a}. */
    String name();

    /**
     * Equal where the same values are packed to the same bytes by the same {@link Backend#build}, in any process; null
     * where that is unknown.
     */
    default String identity() {
      return name();
    }

    /** Bytes of the packed weight. */
    long bytes();

    /** Packs plain row-major f32 values; {@code packed} has {@link #bytes} bytes, 64-byte aligned. */
    void pack(MemorySegment plain, MemorySegment packed);
  }
}
