package dev.langevin.pipeline.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("dev.langevin.Load")
@Label("Load")
@Category("Langevin")
@Description("A model was opened and all of it checked")
@StackTrace(false)
public final class LoadEvent extends Event {

  /** Holds nothing yet. */
  public LoadEvent() {}

  @Label("Model")
  public String model;

  @Label("Components")
  public String components;
}
