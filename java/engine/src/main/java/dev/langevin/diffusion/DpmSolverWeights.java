package dev.langevin.diffusion;

import static dev.langevin.diffusion.LinearCombination.NOISE;
import static dev.langevin.diffusion.LinearCombination.X;

/**
 * One step of DPM-Solver from level s to level t: x_t = a x_s + b D0 + c1 D1 + c2 D2 + n noise, D0 being what is
 * integrated and D1, D2 its differences over lambda. The single-step and multistep solvers differ in the differences
 * alone.
 *
 * @param s index of the level where the step begins, {@code t} where it ends
 */
record DpmSolverWeights(Algorithm algorithm, SolverLevels.Run run, int s, int t) {

  /** Which integral is approximated. */
  enum Algorithm {
    /** Of the noise (Lu et al., arXiv:2206.00927, equation 3.4). */
    NOISE_ODE("dpmsolver"),
    /** Of x0 (Lu et al., arXiv:2211.01095, equation 9). */
    DATA_ODE("dpmsolver++"),
    /** Of the noise along the stochastic process (arXiv:2211.01095, appendix B). */
    NOISE_SDE("sde-dpmsolver"),
    /** Of x0 along the stochastic process (arXiv:2211.01095, equation 18). */
    DATA_SDE("sde-dpmsolver++");

    private final String word;

    Algorithm(String word) {
      this.word = word;
    }

    boolean data() {
      return this == DATA_ODE || this == DATA_SDE;
    }

    boolean stochastic() {
      return this == NOISE_SDE || this == DATA_SDE;
    }

    /** Reads {@code algorithm_type}; {@code deis}, the name of a relative, stands for the default. */
    static Algorithm of(SchedulerConfig config, Algorithm... allowed) {
      String[] words = new String[allowed.length + 1];
      for (int i = 0; i < allowed.length; i++) {
        words[i] = allowed[i].word;
      }
      words[allowed.length] = "deis";
      String word = config.choice("algorithm_type", DATA_ODE.word, words);
      for (Algorithm algorithm : allowed) {
        if (algorithm.word.equals(word)) {
          return algorithm;
        }
      }
      return DATA_ODE;
    }

    /**
     * Refuses to integrate the noise down to sigma 0.
     *
     * @throws IllegalArgumentException naming {@code final_sigmas_type}
     */
    void requireEnd(SchedulerConfig config, boolean endsAtZero) {
      if (!data() && endsAtZero) {
        throw new IllegalArgumentException(config.owner() + ": algorithm_type " + word
            + " cannot end at sigma 0; set final_sigmas_type to sigma_min");
      }
    }
  }

  private double h() {
    return run.width(s, t);
  }

  /** The terms in x and the noise, which all orders share, and D0. */
  LinearCombination firstOrder(LinearCombination x, LinearCombination d0) {
    double h = h();
    if (h < 0 && algorithm.stochastic()) { // the noise would have a negative variance
      throw new IllegalArgumentException("algorithm_type " + algorithm.word + " cannot go up from sigma " + run.sigma(s)
          + " to " + run.sigma(t) + ", where final_sigmas_type lets the run end; set final_sigmas_type to zero");
    }
    LinearCombination next = switch (algorithm) {
      case NOISE_ODE, NOISE_SDE -> x.times(run.alpha(t) / run.alpha(s));
      case DATA_ODE -> x.times(run.sigma(t) / run.sigma(s));
      case DATA_SDE -> x.times(run.sigma(t) / run.sigma(s) * Math.exp(-h));
    };
    next = next.plus(d0.times(constant(h)));
    return switch (algorithm) {
      case NOISE_SDE -> next.plus(NOISE.times(run.sigma(t) * Math.sqrt(Math.expm1(2 * h))));
      case DATA_SDE -> next.plus(NOISE.times(run.sigma(t) * Math.sqrt(-Math.expm1(-2 * h))));
      case NOISE_ODE, DATA_ODE -> next;
    };
  }

  /** From the register X. */
  LinearCombination firstOrder(LinearCombination d0) {
    return firstOrder(X, d0);
  }

  /** Half the weight of D0: the midpoint rule. */
  double midpoint() {
    return constant(h()) / 2;
  }

  private double constant(double h) {
    return switch (algorithm) {
      case NOISE_ODE -> -run.sigma(t) * Math.expm1(h);
      case NOISE_SDE -> -2 * run.sigma(t) * Math.expm1(h);
      case DATA_ODE -> -run.alpha(t) * Math.expm1(-h);
      case DATA_SDE -> -run.alpha(t) * Math.expm1(-2 * h);
    };
  }

  /** The integral of a linear function. */
  double linear() {
    double h = h();
    return switch (algorithm) {
      case NOISE_ODE -> -run.sigma(t) * (Math.expm1(h) / h - 1);
      case NOISE_SDE -> -2 * run.sigma(t) * (Math.expm1(h) / h - 1);
      case DATA_ODE -> run.alpha(t) * (Math.expm1(-h) / h + 1);
      case DATA_SDE -> run.alpha(t) * (Math.expm1(-2 * h) / (2 * h) + 1);
    };
  }

  /** The integral of half a square. */
  double quadratic() {
    double h = h();
    return switch (algorithm) {
      case NOISE_ODE -> -run.sigma(t) * ((Math.expm1(h) - h) / (h * h) - 0.5);
      case DATA_ODE -> -run.alpha(t) * ((Math.expm1(-h) + h) / (h * h) - 0.5);
      case DATA_SDE -> -run.alpha(t) * ((Math.expm1(-2 * h) + 2 * h) / (4 * h * h) + 0.5);
      case NOISE_SDE -> throw new IllegalStateException("sde-dpmsolver has no third order");
    };
  }
}
