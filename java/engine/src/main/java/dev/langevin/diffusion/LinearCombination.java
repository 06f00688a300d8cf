package dev.langevin.diffusion;

import java.util.ArrayList;
import java.util.List;

/**
 * A linear combination of a {@link Transition}'s registers, so that a sampler can be written as its paper writes it:
 * {@code x0.times(sqrt(alphaBar)).plus(eps.times(sqrt(1 - alphaBar)))}. Immutable; coefficients are doubles.
 */
public final class LinearCombination {

  /** The sample x_t. */
  public static final LinearCombination X = register(Transition.X);

  /** The network's answer. */
  public static final LinearCombination MODEL = register(Transition.MODEL);

  /** The result of the transition's prediction. */
  public static final LinearCombination PREDICTION = register(Transition.PREDICTION);

  /** The fresh unit normal. */
  public static final LinearCombination NOISE = register(Transition.NOISE);

  /** Nothing: every coefficient is 0. */
  public static final LinearCombination ZERO = new LinearCombination(new double[Transition.MAX_REGISTERS], 0);

  private final double[] coefficients;
  private final int used; // bit r: register r takes part

  private LinearCombination(double[] coefficients, int used) {
    this.coefficients = coefficients;
    this.used = used;
  }

  /** One register, with coefficient 1. */
  public static LinearCombination register(int index) {
    double[] coefficients = new double[Transition.MAX_REGISTERS];
    coefficients[index] = 1;
    return new LinearCombination(coefficients, 1 << index);
  }

  /** The sum, of the registers of both. */
  public LinearCombination plus(LinearCombination other) {
    double[] sum = coefficients.clone();
    for (int i = 0; i < sum.length; i++) {
      sum[i] += other.coefficients[i];
    }
    return new LinearCombination(sum, used | other.used);
  }

  /** The difference, of the registers of both. */
  public LinearCombination minus(LinearCombination other) {
    return plus(other.times(-1));
  }

  /** Every coefficient times a factor. */
  public LinearCombination times(double factor) {
    double[] product = coefficients.clone();
    for (int i = 0; i < product.length; i++) {
      if ((used >> i & 1) != 0) { // 0 * infinity must not make NaN out of a register that takes no part
        product[i] *= factor;
      }
    }
    return new LinearCombination(product, used);
  }

  /** Every coefficient over a divisor, rounded once each. */
  public LinearCombination over(double divisor) {
    double[] quotient = coefficients.clone();
    for (int i = 0; i < quotient.length; i++) {
      if ((used >> i & 1) != 0) {
        quotient[i] /= divisor;
      }
    }
    return new LinearCombination(quotient, used);
  }

  /** Coefficient of a register, 0 where it takes no part. */
  public double coefficient(int register) {
    return coefficients[register];
  }

  /** The update {@code target = this}; registers with coefficient 0 are not read. */
  public Transition.Update into(int target) {
    List<Transition.Term> terms = new ArrayList<>();
    for (int i = 0; i < coefficients.length; i++) {
      if (coefficients[i] != 0) {
        terms.add(new Transition.Term(i, coefficients[i]));
      }
    }
    return new Transition.Update(target, terms);
  }

  /** The prediction {@code nonlinearity(this)}. */
  public Transition.Prediction predicted(Transition.Nonlinearity nonlinearity) {
    int beyond = used & ~(1 << Transition.X | 1 << Transition.MODEL);
    if (beyond != 0) {
      throw new IllegalArgumentException(
          "a prediction is made of the sample and the model's answer only, not of register "
              + Integer.numberOfTrailingZeros(beyond));
    }
    return new Transition.Prediction(coefficients[Transition.X], coefficients[Transition.MODEL], nonlinearity);
  }
}
