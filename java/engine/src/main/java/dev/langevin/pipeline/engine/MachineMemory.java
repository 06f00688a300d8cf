package dev.langevin.pipeline.engine;

import dev.langevin.request.GenerationRequest;
import dev.langevin.request.MemoryLimitException;
import dev.langevin.request.RequestPlan;
import java.util.function.Supplier;

/** The limit of a request without one: what the machine has. */
final class MachineMemory {

  private static final String REMEDY = "; use a smaller picture or batch, or decode in tiles";

  private MachineMemory() {}

  /**
   * Before anything grows with the request's sizes. What its networks take is found when their memory is asked for: to
   * know it before would cost each request a plan.
   *
   * @param request complete
   * @throws MemoryLimitException if the pictures alone take more
   */
  static void requirePictures(GenerationRequest request) {
    if (request.width() == null || request.height() == null) {
      return;
    }
    double bytes = (double) request.samples() * request.width() * request.height() * Float.BYTES; // of one channel
    if (bytes > 2.0 * Network.COMFORTABLE) {
      throw new MemoryLimitException(
          (request.samples() == 1 ? "a picture of " : request.samples() + " pictures of ") + request.width() + "x"
              + request.height() + (request.samples() == 1 ? " takes" : " take") + " at least " + (long) bytes
              + " bytes, the machine has "
              + 2 * Network.COMFORTABLE + REMEDY);
    }
  }

  /** @param plan what the request takes, if that can still be found out */
  static MemoryLimitException exceeded(OutOfMemoryError error, Supplier<RequestPlan> plan) {
    String taken;
    try {
      taken = "the request takes " + plan.get();
    } catch (RuntimeException | OutOfMemoryError e) {
      taken = "the request takes more memory than there is";
    }
    return new MemoryLimitException(taken + "; " + reason(error) + REMEDY, error);
  }

  /** Java's own words tell no figures. */
  private static String reason(OutOfMemoryError error) {
    return "Java heap space".equals(error.getMessage())
        ? "the Java heap, of at most " + Runtime.getRuntime().maxMemory() + " bytes, is full"
        : error.getMessage();
  }
}
