package dev.langevin.pipeline.stages;

import dev.langevin.tensor.Tensor;
import java.util.List;
import java.util.Map;

/**
 * What a network is told where that is more than one unchanging text: texts that change from call to call, and several
 * conditions at a time whose guidances are added (composable diffusion, Liu et al., arXiv:2206.01714, equation 11): u +
 * g (w1 (c1 - u) + w2 (c2 - u) + ...).
 *
 * @param negative what is guided away from, or null without guidance
 * @param parts at least one condition
 */
public record Composition(Track negative, List<Track> parts) {

  /**
   * A text over the calls of a run.
   *
   * @param weights w of each prompt
   * @param texts all that it ever is
   * @param atCall which of them at each call, from 0 on
   */
  public record Track(double[] weights, List<Told> texts, int[] atCall) {

    Told at(int call) {
      return texts.get(index(call));
    }

    int index(int call) {
      return atCall[Math.min(call, atCall.length - 1)];
    }
  }

  /**
   * An encoded text.
   *
   * @param states (prompts, M, D)
   * @param inputs other inputs of the network that go with it, by name
   */
  public record Told(Tensor states, Map<String, Tensor> inputs) {}

  /** Copies {@code parts}. */
  public Composition {
    parts = List.copyOf(parts);
  }

  /** Whether the answers of several conditions are added up, or one counts with another weight than 1. */
  boolean adds() {
    if (parts.size() > 1) {
      return true;
    }
    for (double weight : parts.getFirst().weights) {
      if (weight != 1) {
        return true;
      }
    }
    return false;
  }
}
