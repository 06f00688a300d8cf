package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.MODEL;
import static dev.langevin.diffusion.LinearCombination.X;

/**
 * What the network predicts, and how x0 and the noise follow from it where x = alpha * x0 + sigma * eps.
 */
public enum PredictionType {
  /** The noise eps (Ho et al., arXiv:2006.11239, section 3.2). */
  EPSILON("epsilon"),
  /** The picture x0. */
  SAMPLE("sample"),
  /**
   * The velocity v = alpha * eps - sigma * x0, with alpha^2 + sigma^2 = 1 (Salimans and Ho, arXiv:2202.00512, appendix
   * D).
   */
  V("v_prediction"),
  /** The velocity eps - x0 of the straight path x = (1 - sigma) * x0 + sigma * eps (Liu et al., arXiv:2209.03003). */
  FLOW("flow_prediction");

  private final String word;

  PredictionType(String word) {
    this.word = word;
  }

  /** The word that configuration files use. */
  public String word() {
    return word;
  }

  /**
   * Reads {@code prediction_type}.
   *
   * @throws IllegalArgumentException if it is none of {@code allowed}
   */
  public static PredictionType of(SchedulerConfig config, PredictionType... allowed) {
    String[] words = new String[allowed.length];
    for (int i = 0; i < words.length; i++) {
      words[i] = allowed[i].word;
    }
    String word = config.choiceOf("prediction_type", words);
    for (PredictionType type : allowed) {
      if (type.word.equals(word)) {
        return type;
      }
    }
    throw config.wrong("prediction_type", "one of " + String.join(", ", words));
  }

  /** x0 as a combination of the sample and the network's answer. */
  public LinearCombination x0(double alpha, double sigma) {
    return switch (this) {
      case EPSILON -> X.minus(MODEL.times(sigma)).over(alpha);
      case SAMPLE -> MODEL;
      case V -> X.times(alpha).minus(MODEL.times(sigma));
      case FLOW -> X.minus(MODEL.times(sigma));
    };
  }

  /** The noise as a combination of the sample and the network's answer. */
  public LinearCombination eps(double alpha, double sigma) {
    return switch (this) {
      case EPSILON -> MODEL;
      case SAMPLE -> X.minus(MODEL.times(alpha)).over(sigma);
      case V -> MODEL.times(alpha).plus(X.times(sigma));
      case FLOW -> X.plus(MODEL.times(1 - sigma));
    };
  }

  /**
   * x0 where the sample is x = x0 + sigma * eps, not scaled to unit variance (k-diffusion's convention; Karras et al.,
   * arXiv:2206.00364): the network was shown x / sqrt(sigma^2 + 1).
   */
  public LinearCombination x0Unscaled(LinearCombination x, double sigma) {
    double norm = Math.sqrt(sigma * sigma + 1);
    return switch (this) {
      case EPSILON -> x.minus(MODEL.times(sigma));
      case SAMPLE -> MODEL;
      case V -> x.over(sigma * sigma + 1).minus(MODEL.times(sigma / norm));
      case FLOW -> throw new IllegalArgumentException("flow_prediction has no form with unscaled samples");
    };
  }
}
