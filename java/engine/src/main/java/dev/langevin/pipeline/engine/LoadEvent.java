package dev.langevin.pipeline.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** A model was opened and all of it checked, for the flight recorder. */
@Name("dev.langevin.Load")
@Label("Load")
@Category("Langevin")
@Description("A model was opened and all of it checked")
@StackTrace(false)
public final class LoadEvent extends Event {

  /** Holds nothing yet. */
  public LoadEvent() {}

  /** What messages call the model. */
  @Label("Model")
  public String model;

  /** Names of its components. */
  @Label("Components")
  public String components;
}
