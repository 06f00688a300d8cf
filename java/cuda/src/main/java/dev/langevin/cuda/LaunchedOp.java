package dev.langevin.cuda;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** An op of launches whose arguments follow from the node and its memory. */
final class LaunchedOp implements PreparedOp {

  /** Where an op's memory lies. */
  record Places(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {

    MemorySegment in(int index) {
      return inputs.get(index);
    }

    MemorySegment out() {
      return outputs.getFirst();
    }
  }

  /** Fills the launches. */
  @FunctionalInterface
  interface Binding {
    void bind(Launches launches, Places places);
  }

  private final Session session;
  private final String implementation;
  private final long scratchBytes;
  private final WeightLayout weights; // of input 1, or null for the plain one
  private final Binding binding;

  LaunchedOp(Session session, String implementation, Binding binding) {
    this(session, implementation, 0, null, binding);
  }

  LaunchedOp(Session session, String implementation, long scratchBytes, WeightLayout weights, Binding binding) {
    this.session = session;
    this.implementation = implementation;
    this.scratchBytes = scratchBytes;
    this.weights = weights;
    this.binding = binding;
  }

  @Override
  public String implementation() {
    return implementation;
  }

  @Override
  public long scratchBytes() {
    return scratchBytes;
  }

  @Override
  public WeightLayout weightLayout(int index) {
    return index == 1 ? weights : null;
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    Launches launches = new Launches(session);
    try {
      binding.bind(launches, new Places(inputs, outputs, scratch));
      return launches;
    } catch (RuntimeException | Error e) {
      launches.close();
      throw e;
    }
  }
}
