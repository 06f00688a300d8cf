package dev.langevin.pipeline.stages;

import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.tensor.Tensor;

/**
 * A control network's part in a run (arXiv:2302.05543).
 *
 * @param image (N, 3, H, W) in [0, 1], of the picture's size, one for each sample
 * @param scale of its residuals
 * @param start share of the run before which it is silent, and {@code end} after which
 * @param guess whether it sees no prompt-less half, and its residuals grow from a tenth at the first layer to the whole
 */
public record Control(
    Loaded loaded, Tensor image, double scale, double start, double end, boolean guess) {

  /** A control network that was loaded. */
  public record Loaded(UNetConditionConfig config, Network network) {}

  /** Scales of the residuals, the middle's last. */
  double[] scales(int residuals) {
    double[] scales = new double[residuals];
    for (int i = 0; i < residuals; i++) {
      scales[i] = scale * (guess ? Math.pow(10, (double) i / (residuals - 1) - 1) : 1);
    }
    return scales;
  }

  /** Whether it speaks at a call. */
  boolean active(int call, int calls) {
    return (double) call / calls >= start && (double) (call + 1) / calls <= end;
  }
}
