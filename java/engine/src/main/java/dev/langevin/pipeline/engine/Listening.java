package dev.langevin.pipeline.engine;

import java.util.function.BooleanSupplier;

/**
 * Knows whether a thread is within a listener. A request that is asked for there would wait for memory that its own
 * caller holds, where there is a limit.
 */
final class Listening {

  private static final ThreadLocal<Boolean> NOW = new ThreadLocal<>();

  private Listening() {}

  static boolean during(BooleanSupplier listener) {
    NOW.set(true);
    try {
      return listener.getAsBoolean();
    } finally {
      NOW.remove();
    }
  }

  /** @throws IllegalStateException if the calling thread is within a listener */
  static void requireOutside(String what) {
    if (NOW.get() != null) {
      throw new IllegalStateException(what + " within a listener, which keeps its own request waiting; "
          + "return from the listener first, or use another thread and do not wait for it");
    }
  }
}
