package dev.langevin.graph;

/** Distance of a prediction from its target, for one element. */
public sealed interface LossFunction {

  /** f(d). */
  double value(double difference);

  /** f'(d). */
  double derivative(double difference);

  /** d^2. */
  record SquaredError() implements LossFunction {
    @Override
    public double value(double d) {
      return d * d;
    }

    @Override
    public double derivative(double d) {
      return 2 * d;
    }
  }

  /** |d|. */
  record AbsoluteError() implements LossFunction {
    @Override
    public double value(double d) {
      return Math.abs(d);
    }

    @Override
    public double derivative(double d) {
      return Math.signum(d);
    }
  }

  /** d^2/2 up to |d| = delta, then delta (|d| - delta/2), as torch's {@code huber_loss} (Huber 1964). */
  record Huber(double delta) implements LossFunction {
    /**
     * Checks {@code delta}.
     *
     * @throws IllegalArgumentException if {@code delta} is not above 0
     */
    public Huber {
      if (!(delta > 0)) {
        throw new IllegalArgumentException("Huber's delta is " + delta + "; it must be greater than 0");
      }
    }

    @Override
    public double value(double d) {
      double size = Math.abs(d);
      return size <= delta ? d * d / 2 : delta * (size - delta / 2);
    }

    @Override
    public double derivative(double d) {
      return Math.abs(d) <= delta ? d : delta * Math.signum(d);
    }
  }
}
