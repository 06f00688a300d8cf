package dev.langevin.pipeline.engine;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A network was compiled for a size, for the flight recorder: its operations, and the bytes that its plan holds. */
@Name("dev.langevin.Plan")
@Label("Plan")
@Category("Langevin")
@Description("A network was compiled for a size")
@StackTrace(false)
public final class PlanEvent extends Event {

  /** Holds nothing yet. */
  public PlanEvent() {}

  @Label("Network")
  String network;

  @Label("Operations")
  int operations;

  @Label("Memory")
  @DataAmount
  long bytes;
}
