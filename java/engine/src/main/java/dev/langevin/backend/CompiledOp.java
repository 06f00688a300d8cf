package dev.langevin.backend;

/** An operation bound to its memory: executing it is one downcall, allocates nothing and takes no lock. */
public interface CompiledOp extends AutoCloseable {

  /** Computes the outputs from the inputs that it was bound to; one thread at a time, the backend's. */
  void execute();

  /** Frees native handles; the memory belongs to the plan. */
  @Override
  default void close() {}
}
