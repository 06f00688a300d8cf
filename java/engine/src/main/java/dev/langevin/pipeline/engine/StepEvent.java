package dev.langevin.pipeline.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("dev.langevin.Step")
@Label("Step")
@Category("Langevin")
@Description("A step of the reverse chain: a call of the network and its transition")
@StackTrace(false)
public final class StepEvent extends Event {

  /** Holds nothing yet. */
  public StepEvent() {}

  @Label("Step")
  int step;

  @Label("Steps")
  int total;

  @Label("Pictures")
  int samples;
}
