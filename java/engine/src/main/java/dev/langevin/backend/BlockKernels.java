package dev.langevin.backend;

import java.lang.foreign.MemorySegment;

/**
 * What an optimiser does to whole blocks of weights. It stands beside the graphs, as it changes its operands. Blocks are native, of one
 * size, aligned to 64 bytes; calls are made on the backend's thread.
 */
public interface BlockKernels {

  /**
   * A step of AdamW with decoupled decay (arXiv:1711.05101, algorithm 2) in the form and with the roundings of torch, and of a moving
   * average of the weights.
   *
   * @param step 1 for the first
   * @param gradientScale what the gradients are multiplied by first: clipping, and one over the number that were accumulated
   * @param averageDecay what is kept of the average, 0 to 1
   */
  record AdamW(double learningRate, double beta1, double beta2, double epsilon, double weightDecay, long step, double gradientScale,
      double averageDecay) {

    public double biasCorrection1() {
      return 1 - Math.pow(beta1, step);
    }

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
  void adamW(AdamW step, MemorySegment weights, MemorySegment gradients, MemorySegment first, MemorySegment second,
      MemorySegment average);

  /** In double; the same whatever the number of threads. */
  double sumOfSquares(MemorySegment values);
}
