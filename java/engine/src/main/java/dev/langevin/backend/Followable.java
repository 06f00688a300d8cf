package dev.langevin.backend;

import java.util.function.Supplier;

/** A run that an op of somebody else's can be put behind, so that a device does both as one program. */
public interface Followable {

  /**
   * An op behind the run. What was closed is given again to whoever asks next by an equal key, as a device takes longer
   * to capture a program than to run it; who asks by another ends it, or this does. On the backend's thread.
   *
   * @param key all that the op's bindings depend on
   * @param maker of an op of the same backend, owned by this one; asked where there is none of that key
   */
  Following followedBy(Object key, Supplier<? extends CompiledOp> maker);

  /** The run and what is behind it; one holder's until it is closed. Used on the backend's thread. */
  interface Following extends AutoCloseable {

    /** What the maker made; its memory holds what its last holder left. */
    CompiledOp op();

    /** Runs both and waits; {@code beside} is done on this thread while a device works. */
    void run(Runnable beside);

    @Override
    void close();
  }
}
