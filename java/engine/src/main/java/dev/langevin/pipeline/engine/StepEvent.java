package dev.langevin.pipeline.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A step of the reverse chain, for the flight recorder: which of how many, from 1, and for how many pictures. */
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
