package dev.langevin.backend;

/** An operation bound to its memory: executing it is one downcall, allocates nothing and takes no lock. */
public interface CompiledOp extends AutoCloseable {

  void execute();

  /** Frees native handles; the memory belongs to the plan. */
  @Override
  default void close() {}
}
