package dev.langevin.pipeline.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("dev.langevin.Request")
@Label("Request")
@Category("Langevin")
@Description("A request from its acceptance to its end, however it ended")
@StackTrace(false)
final class RequestEvent extends Event {

  @Label("Model")
  String family;

  @Label("Pictures")
  int samples;

  @Label("Waited")
  @Timespan(Timespan.NANOSECONDS)
  long waited;

  @Label("Pictures were made")
  boolean done;
}
