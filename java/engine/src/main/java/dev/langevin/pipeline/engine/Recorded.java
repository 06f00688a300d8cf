package dev.langevin.pipeline.engine;

import java.util.function.Supplier;
import jdk.jfr.Event;
import jdk.jfr.FlightRecorder;

/**
 * Events for the flight recorder. Their classes cost a tenth of a second at the start, so they are loaded where it runs
 * only.
 */
public final class Recorded {

  private Recorded() {}

  /** A new event that has begun, or null where nothing is recorded. */
  public static <E extends Event> E begin(Supplier<E> event) {
    if (!FlightRecorder.isInitialized()) {
      return null;
    }
    E begun = event.get();
    begun.begin();
    return begun;
  }
}
