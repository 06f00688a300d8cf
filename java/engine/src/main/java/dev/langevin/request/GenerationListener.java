package dev.langevin.request;

import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * Told of a request's progress, on the thread of its request: what takes long here delays this request and no other.
 */
@FunctionalInterface
public interface GenerationListener {

  /** Goes on to the end. */
  GenerationListener NONE = (step, total, preview) -> true;

  /**
   * After each call of the network.
   *
   * @param step from 1 to {@code total}
   * @param preview the sample as it is
   * @return false to cancel the request
   */
  boolean stepped(int step, int total, Preview preview);

  /** A sample on its way. */
  interface Preview {

    /**
     * What is sampled: {@code latents}, {@code pixels}, or of unCLIP {@code prior}, {@code decoder} and
     * {@code enlarging}.
     */
    String part();

    /** A copy of the sample, (N, L, h, w) f32 where it is latents. */
    Tensor latents();

    /**
     * Small pictures of what the step took the finished latents to be, made cheaply and roughly; none of an embedding.
     */
    List<BufferedImage> images();
  }
}
