package dev.langevin.weights;

/**
 * The change that an adapter makes to a weight, seen as rows of all that has one index of the first axis. Its factors
 * are decoded; any thread may read it.
 */
interface Delta {

  /**
   * Adds a part of a row of the change, times {@code factor}.
   *
   * @param column first of the row's elements, as many as {@code sum} holds
   */
  void add(double factor, int row, int column, double[] sum);
}
