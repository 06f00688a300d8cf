package dev.langevin.pipeline.engine;

import jdk.jfr.Category;
import jdk.jfr.Description;
import jdk.jfr.Event;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;

/** Latents were decoded to pictures, for the flight recorder. */
@Name("dev.langevin.Decode")
@Label("Decode")
@Category("Langevin")
@Description("Latents were decoded to pictures")
@StackTrace(false)
public final class DecodeEvent extends Event {

  /** Holds nothing yet. */
  public DecodeEvent() {}

  /** How many pictures. */
  @Label("Pictures")
  public int samples;

  /** Of each picture, pixels. */
  @Label("Width")
  public int width;

  /** Of each picture, pixels. */
  @Label("Height")
  public int height;

  /** Whether they were decoded in tiles. */
  @Label("Tiled")
  public boolean tiled;
}
