package dev.langevin.graph;

/** Elementwise functions that follow a layer. */
public enum Activation {
  /** x * sigmoid(x), also called swish (arXiv:1606.08415, section 4, names it SiLU). */
  SILU,
  /** x * Phi(x) with the error function (arXiv:1606.08415). */
  GELU,
  /** GELU by its tanh approximation (arXiv:1606.08415, section 2). */
  GELU_TANH,
  /** x * sigmoid(1.702 x): GELU as the first CLIP models have it (arXiv:1606.08415, section 2). */
  QUICK_GELU,
  /** max(x, 0). */
  RELU,
  /** x above 0, {@link #LEAK} x below (Maas et al. 2013). */
  LEAKY_RELU,
  /** The hyperbolic tangent. */
  TANH;

  /** Slope of {@link #LEAKY_RELU} below 0, as ESRGAN has it (arXiv:1809.00219). */
  public static final double LEAK = 0.2;

  /** Factor inside {@link #QUICK_GELU}'s sigmoid. */
  public static final double QUICK_GELU_FACTOR = 1.702;

  /** Plain definition, for the reference backend and for tests. */
  public double apply(double x) {
    return switch (this) {
      case SILU -> x / (1 + Math.exp(-x));
      case GELU -> 0.5 * x * (1 + ErrorFunction.erf(x / Math.sqrt(2)));
      case GELU_TANH -> 0.5 * x * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
      case QUICK_GELU -> x / (1 + Math.exp(-QUICK_GELU_FACTOR * x));
      case RELU -> Math.max(x, 0);
      case LEAKY_RELU -> x > 0 ? x : LEAK * x;
      case TANH -> Math.tanh(x);
    };
  }

  /** f'(x). */
  public double derivative(double x) {
    return switch (this) {
      case SILU -> swishDerivative(x, 1);
      case GELU -> 0.5 * (1 + ErrorFunction.erf(x / Math.sqrt(2))) + x * Math.exp(-x * x / 2) / Math.sqrt(2 * Math.PI);
      case GELU_TANH -> {
        double tanh = Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x));
        yield 0.5 * (1 + tanh) + 0.5 * x * (1 - tanh * tanh) * Math.sqrt(2 / Math.PI) * (1 + 3 * 0.044715 * x * x);
      }
      case QUICK_GELU -> swishDerivative(x, QUICK_GELU_FACTOR);
      case RELU -> x > 0 ? 1 : 0;
      case LEAKY_RELU -> x > 0 ? 1 : LEAK;
      case TANH -> 1 - Math.tanh(x) * Math.tanh(x);
    };
  }

  private static double swishDerivative(double x, double factor) {
    double sigmoid = 1 / (1 + Math.exp(-factor * x));
    return sigmoid + x * factor * sigmoid * (1 - sigmoid);
  }
}
