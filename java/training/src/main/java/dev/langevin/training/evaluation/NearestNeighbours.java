package dev.langevin.training.evaluation;

import java.util.Arrays;
import java.util.Objects;

/**
 * For each row of one set the k rows of another that are nearest to it, the nearest first; of equally near ones the
 * first counts as nearer. Exact, not approximate: every pair is compared.
 */
public final class NearestNeighbours {

  private final int k;
  private final int others;
  private final int[] indices; // (rows, k)
  private final float[] squared; // (rows, k)

  private NearestNeighbours(int rows, int others, int k) {
    this.k = k;
    this.others = others;
    this.indices = new int[Math.multiplyExact(rows, k)];
    this.squared = new float[rows * k];
    Arrays.fill(squared, Float.POSITIVE_INFINITY);
  }

  /**
   * Of generated pictures, say, among the training examples.
   *
   * @throws IllegalArgumentException if the widths differ, or k is not from 1 to the number of others
   */
  public static NearestNeighbours of(Features rows, Features others, int k) {
    rows.requireSameWidth(others);
    requireCount(k, others.rows(), "");
    NearestNeighbours neighbours = new NearestNeighbours(rows.rows(), others.rows(), k);
    SquaredDistances.visit(rows, others, (row, from, count, distances) -> {
      for (int i = 0; i < count; i++) {
        neighbours.offer(row, from + i, distances[i]);
      }
    });
    return neighbours;
  }

  /**
   * Of each row among all the others of its set. A row is never its own neighbour, an equal one is.
   *
   * @throws IllegalArgumentException if k is not from 1 to the number of others
   */
  public static NearestNeighbours within(Features features, int k) {
    return within(features, features.rows(), k);
  }

  /**
   * As the other, but of the first rows only, where a set is too large to compare all with all.
   *
   * @throws IllegalArgumentException if there are fewer rows, or k is not from 1 to the number of others
   */
  public static NearestNeighbours within(Features features, int rows, int k) {
    if (rows < 1 || rows > features.rows()) {
      throw new IllegalArgumentException(
          "nearest neighbours: of " + rows + " rows, where there are " + features.rows());
    }
    requireCount(k, features.rows() - 1, " besides itself");
    Features first = rows == features.rows() ? features
        : new Features(rows, features.width(), Arrays.copyOf(features.values(), rows * features.width()));
    NearestNeighbours neighbours = new NearestNeighbours(rows, features.rows() - 1, k);
    SquaredDistances.visit(first, features, (row, from, count, distances) -> {
      for (int i = 0; i < count; i++) {
        if (from + i != row) {
          neighbours.offer(row, from + i, distances[i]);
        }
      }
    });
    return neighbours;
  }

  private static void requireCount(int k, int others, String besides) {
    if (k < 1 || k > others) {
      throw new IllegalArgumentException(
          "nearest neighbours: k is " + k + ", where a row has " + others + " others" + besides
              + "; take k from 1 to that, or more rows");
    }
  }

  /**
   * Puts a row in its place among the k nearest so far. Rows come in ascending order, so only nearer ones move ahead of
   * others.
   */
  private void offer(int row, int other, float distance) {
    int first = row * k;
    int place = first + k - 1;
    if (distance >= squared[place]) {
      return;
    }
    for (; place > first && distance < squared[place - 1]; place--) {
      squared[place] = squared[place - 1];
      indices[place] = indices[place - 1];
    }
    squared[place] = distance;
    indices[place] = other;
  }

  /** How many rows have their neighbours here. */
  public int rows() {
    return indices.length / k;
  }

  /** How many rows each was compared with. */
  public int others() {
    return others;
  }

  /** How many neighbours of each row are known. */
  public int k() {
    return k;
  }

  /**
   * The other set's row that is nearest, or next nearest.
   *
   * @param rank from 0, the nearest, to k - 1
   */
  public int index(int row, int rank) {
    return indices[place(row, rank)];
  }

  /** The Euclidean distance to {@link #index}, in the features' unit. */
  public double distance(int row, int rank) {
    return Math.sqrt(squared[place(row, rank)]);
  }

  /**
   * Share of the rows that have a certain one among their neighbours, 0 to 1.
   *
   * @param wanted for each row one of the other set
   * @throws IllegalArgumentException if there is not one for each row
   */
  public double shareWith(int[] wanted) {
    if (wanted.length != rows()) {
      throw new IllegalArgumentException(
          "nearest neighbours: " + wanted.length + " are wanted for " + rows() + " rows; give one a row");
    }
    int found = 0;
    for (int place = 0; place < indices.length; place++) {
      found += indices[place] == wanted[place / k] ? 1 : 0;
    }
    return (double) found / wanted.length;
  }

  /** Before the root, as {@link SquaredDistances} gives it, to be compared with others of its own exactly. */
  float squared(int row, int rank) {
    return squared[place(row, rank)];
  }

  private int place(int row, int rank) {
    return row * k + Objects.checkIndex(rank, k);
  }
}
