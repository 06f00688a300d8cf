package dev.langevin.pipeline.engine;

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
public final class DecodeEvent extends Event {

  /** Holds nothing yet. */
  public DecodeEvent() {}

  @Label("Pictures")
  public int samples;

  @Label("Width")
  public int width;

  @Label("Height")
  public int height;

  @Label("Tiled")
  public boolean tiled;
}
