package dev.langevin.pipeline;

import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.List;

/** Told of a request's progress, on the engine's thread: what takes long here makes the request take longer. */
@FunctionalInterface
public interface GenerationListener {

  /** Goes on to the end. */
  GenerationListener NONE = (step, total, preview) -> true;

  /**
   * After each call of the network.
   *
   * @param step from 1 to {@code total}
   * @param preview the sample as it is, to be read during the call only
   * @return false to cancel the request
   */
  boolean stepped(int step, int total, Preview preview);

  /** A sample on its way. */
  interface Preview {

    /** (N, L, h, w) f32. */
    Tensor latents();

    /** Small pictures of what the step took the finished latents to be, made cheaply and roughly. */
    List<BufferedImage> images();
  }
}
