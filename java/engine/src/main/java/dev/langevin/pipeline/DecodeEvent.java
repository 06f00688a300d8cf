package dev.langevin.pipeline;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

@Name("dev.langevin.Decode")
@Label("Decode")
@Category("Langevin")
@Description("Latents were decoded to pictures")
@StackTrace(false)
final class DecodeEvent extends Event {

  @Label("Pictures")
  int samples;

  @Label("Width")
  int width;

  @Label("Height")
  int height;

  @Label("Tiled")
  boolean tiled;
}
