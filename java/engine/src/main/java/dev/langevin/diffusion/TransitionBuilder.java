package dev.langevin.diffusion;

import java.util.ArrayList;
import java.util.List;

/** Puts a {@link Transition} together; whether it draws noise follows from its updates. */
public final class TransitionBuilder {

  private final double timestep;
  private double inputScale = 1;
  private Transition.Prediction prediction;
  private Transition.LearnedVariance learnedVariance;
  private boolean drawsNoise;
  private int unconditional = -1;
  private final List<Transition.Update> updates = new ArrayList<>();

  private TransitionBuilder(double timestep) {
    this.timestep = timestep;
  }

  /** A transition whose network call is told this timestep. */
  public static TransitionBuilder at(double timestep) {
    return new TransitionBuilder(timestep);
  }

  /** Factor on the sample before the network sees it; 1 unless this is called. */
  public TransitionBuilder inputScale(double inputScale) {
    this.inputScale = inputScale;
    return this;
  }

  /** {@code PREDICTION = nonlinearity(value)}. */
  public TransitionBuilder predict(LinearCombination value, Transition.Nonlinearity nonlinearity) {
    this.prediction = value.predicted(nonlinearity);
    return this;
  }

  /** How the second half of the network's channels scales the noise; null, as without this call, where it has none. */
  public TransitionBuilder learnedVariance(Transition.LearnedVariance learnedVariance) {
    this.learnedVariance = learnedVariance;
    return this;
  }

  /** The unconditional half of the answer is copied to this register first; needs guidance. */
  public TransitionBuilder unconditional(int register) {
    this.unconditional = register;
    return this;
  }

  /**
   * The sampler draws from the generator here even if the noise's coefficient is 0, so that later draws stay aligned.
   */
  public TransitionBuilder drawsNoise() {
    this.drawsNoise = true;
    return this;
  }

  /** {@code register = value}, after the updates that were added before. */
  public TransitionBuilder keep(int register, LinearCombination value) {
    Transition.Update update = value.into(register);
    drawsNoise |= update.terms().stream().anyMatch(term -> term.register() == Transition.NOISE);
    updates.add(update);
    return this;
  }

  /** The transition, its last update being {@code X = next}. */
  public Transition next(LinearCombination next) {
    keep(Transition.X, next);
    return new Transition(timestep, inputScale, prediction, learnedVariance, drawsNoise, unconditional, updates);
  }
}
