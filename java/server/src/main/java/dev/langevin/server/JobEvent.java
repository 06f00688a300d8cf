package dev.langevin.server;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;

@Name("dev.langevin.Job")
@Label("Job of the server")
@Category("Langevin")
@Description("A request of a client's from its acceptance to its end, however it ended")
@StackTrace(false)
final class JobEvent extends Event {

  @Label("Id")
  String job;

  @Label("Model")
  String model;

  @Label("Waited for its turn")
  @Timespan(Timespan.NANOSECONDS)
  long waited;

  @Label("Outcome")
  String outcome;
}
