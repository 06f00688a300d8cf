package dev.langevin.backend;

import dev.langevin.graph.Node;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.ServiceLoader;
import java.util.concurrent.Callable;

/**
 * A library of kernels on one device. One instance serves any number of plans and threads; its kernels run on the
 * backend's own thread, so that every plan shares one pool of worker threads.
 */
public interface Backend {

  /** For example {@code onednn} or {@code reference}. */
  String name();

  /** Library, version and instruction set, for people. */
  String description();

  /** Which libraries at which instruction sets pack weights: another build may pack to other bytes. */
  String build();

  /** What the backend found on this machine, for people: what it is about, and what there is. */
  Map<String, String> facts();

  /** Why this machine lacks a precision, in a sentence with the remedy; null where it has it. From any thread. */
  default String refusal(Precision precision) {
    return null;
  }

  /**
   * Chooses an implementation for a node, without memory yet.
   *
   * @throws UnsupportedOpException if there is none, naming op, shapes and what was tried
   */
  PreparedOp prepare(Node node);

  /**
   * {@link #prepare(Node)}, in a coarser arithmetic where the backend has a kernel of it for the node.
   *
   * @throws UnsupportedOpException if there is no implementation
   */
  default PreparedOp prepare(Node node, Precision precision) {
    return prepare(node);
  }

  /** All implementations of a node in a precision or a finer one, for an {@code Autotuner} to choose from. */
  default List<PreparedOp> candidates(Node node, Precision precision) {
    return List.of(prepare(node, precision));
  }

  /** What an optimiser needs. */
  BlockKernels blocks();

  /** Zeroed memory that the kernels reach, aligned to 64 bytes, until the arena is closed. */
  default MemorySegment allocate(long bytes, Arena arena) {
    return arena.allocate(bytes, Tensor.ALIGNMENT);
  }

  /** Runs work on the backend's thread and waits; runs it at once where the caller is that thread. */
  <T> T call(Callable<T> work);

  /** Whether the caller is on the backend's thread. */
  boolean isCurrentThread();

  /**
   * The backend of that name.
   *
   * @throws IllegalArgumentException naming those there are
   */
  static Backend named(String name) {
    StringBuilder known = new StringBuilder();
    for (BackendProvider provider : ServiceLoader.load(BackendProvider.class, Backend.class.getClassLoader())) {
      if (provider.name().equals(name)) {
        return provider.backend();
      }
      known.append(known.isEmpty() ? "" : ", ").append(provider.name());
    }
    throw new IllegalArgumentException("no backend is named '" + name + "'; there are: " + known);
  }
}
