package dev.langevin.diffusion;

import dev.langevin.tensor.Tensor;
import java.util.function.IntFunction;

/**
 * A run whose steps follow from the samples that it sees, so that their number is known at its end only. Holds the
 * state of one run; {@link #timesteps} are as many as it is expected to take.
 */
public interface AdaptiveTrajectory extends Trajectory {

  /**
   * What becomes of the sample after a call.
   *
   * @param register that holds it, {@link Transition#X} where it is in its place
   * @param noise standard deviation of fresh noise that is drawn and added, or NaN where none is drawn
   * @param more whether there are further calls
   */
  record Decision(int register, double noise, boolean more) {}

  /** Begins anew, at the first transition. */
  void begin();

  /**
   * Decides on the call that was made last, and lays out the next.
   *
   * @param registers reads one, into memory of the caller's own
   */
  Decision decide(IntFunction<Tensor> registers);

  /** Calls that are expected in all, of which {@code done} are made. */
  int expected(int done);
}
