package dev.langevin.backend;

/**
 * What an optimiser does to whole blocks of weights, and a sampler to samples, beside the graphs: it changes its
 * operands. Blocks hold f32 and are of one size where nothing else is said; sums are made in double and rounded once.
 * Calls are made on the backend's thread, in whose order they take place.
 */
public interface BlockKernels {

  /**
   * A step of AdamW with decoupled decay (arXiv:1711.05101, algorithm 2) in the form and with the roundings of torch,
   * and of a moving average of the weights.
   *
   * @param step 1 for the first
   * @param gradientScale what the gradients are multiplied by first: clipping, and one over the number that were
   *   accumulated
   * @param averageDecay what is kept of the average, 0 to 1
   */
  record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay, long step,
      double gradientScale,
      double averageDecay) {

    /** {@code 1 - beta1^step}: what the first moment is divided by, as it began at 0. */
    public double biasCorrection1() {
      return 1 - Math.pow(beta1, step);
    }

    /** {@code 1 - beta2^step}: what the second moment is divided by, as it began at 0. */
    public double biasCorrection2() {
      return 1 - Math.pow(beta2, step);
    }
  }

  /**
   * Changes weights, moments and average.
   *
   * @param first running mean of the gradients
   * @param second running mean of their squares
   * @param average of the weights, or null
   */
  void adamW(AdamW step, Block weights, Block gradients, Block first, Block second, Block average);

  /** In double; the same whatever the number of threads. */
  double sumOfSquares(Block values);

  /** target += source in float32; where the source is smaller, it is added to the target's end. */
  void add(Block source, Block target);

  /** target = a x + b y, and b y alone where a is 0, whatever x holds; the target may be x or y. */
  void axpby(double a, Block x, double b, Block y, Block target);

  /**
   * Rescales guided answers (arXiv:2305.08891, equations 15 and 16): multiplies both halves u, c of each sample's by r
   * deviation(c) / deviation(u + g (c - u)) + 1 - r, and so the guided answer, which is linear in them.
   *
   * @param answers of 2 {@code samples} rows, those without a condition first
   * @param guidance g
   * @param amount r, 0 to 1
   */
  void rescale(Block answers, int samples, double guidance, double amount);

  /**
   * Puts back what is not painted anew (arXiv:2201.09865, equation 8): x = (1 - m) (signal picture + noise drawn) + m
   * x.
   *
   * @param mask m, of a size that divides the others', repeated
   */
  void keep(double signal, Block picture, double noise, Block drawn, Block mask, Block x);
}
