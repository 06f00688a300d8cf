package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.Closing;
import java.util.List;

/**
 * Memory of activations and scratch that several plans use one after another, freed with the last of them. Used on the
 * backend's thread only.
 */
final class SharedRoom implements AutoCloseable {

  private final Block activations;
  private final Block scratch;
  private int users = 1; // whoever made it

  SharedRoom(Backend backend, long activationBytes, long scratchBytes) {
    activations = backend.memory().allocate(activationBytes);
    try {
      scratch = backend.memory().allocate(scratchBytes);
    } catch (Throwable e) {
      Closing.after(e, List.of(activations));
      throw e;
    }
  }

  Block activations(long bytes) {
    return activations.slice(0, bytes);
  }

  Block scratch(long bytes) {
    return scratch.slice(0, bytes);
  }

  /** A share, to be closed once. */
  AutoCloseable share() {
    users++;
    return this::close;
  }

  @Override
  public void close() {
    users--;
    if (users == 0) {
      Closing.all(List.of(activations, scratch));
    }
  }
}
