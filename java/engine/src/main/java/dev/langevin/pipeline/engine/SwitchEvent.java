package dev.langevin.pipeline.engine;

import jdk.jfr.Category;
import jdk.jfr.DataAmount;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A network's plan went over to another run, for the flight recorder: the bytes of steady values that were copied. */
@Name("dev.langevin.Switch")
@Label("Switch")
@Category("Langevin")
@Description("A network's plan went over to another run")
@StackTrace(false)
public final class SwitchEvent extends Event {

  /** Holds nothing yet. */
  public SwitchEvent() {}

  @Label("Copied")
  @DataAmount
  long bytes;
}
