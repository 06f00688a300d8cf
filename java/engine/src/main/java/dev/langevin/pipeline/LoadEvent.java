package dev.langevin.pipeline;

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
final class LoadEvent extends Event {

  @Label("Model")
  String model;

  @Label("Components")
  String components;
}
