package dev.langevin.training.evaluation;

import java.util.Arrays;

/**
 * Whether a conditional model makes what it is asked for, by the judgement of a classifier: the class with the highest
 * logit against the one that was wanted. Above the classifier's own accuracy on real pictures no difference means
 * anything.
 *
 * @param samples how many pictures were judged
 * @param accuracy share of them whose highest logit is that of the wanted class, 0 to 1
 * @param k how many of the highest logits {@code topK} regards
 * @param topK share of them whose wanted class is among the k highest, 0 to 1
 * @param confusion (classes, classes): how many of the wanted class, the row, were taken for the class of the column
 */
public record ConditionalAccuracy(int samples, double accuracy, int k, double topK, int[][] confusion) {

  /** As ImageNet's top-5. */
  public static final int DEFAULT_K = 5;

  /** As the other, with {@link #DEFAULT_K}, or all classes if there are fewer. */
  public static ConditionalAccuracy of(Features logits, int[] wanted) {
    return of(logits, wanted, Math.min(DEFAULT_K, logits.width()));
  }

  /**
   * Judges a row of logits, one for each class, a picture. Of equal logits the first is taken for the higher.
   *
   * @param wanted the class of each row, from 0
   * @throws IllegalArgumentException if the counts differ, a class does not exist, or k is not from 1 to the number of
   *   classes
   */
  public static ConditionalAccuracy of(Features logits, int[] wanted, int k) {
    int classes = logits.width();
    if (wanted.length != logits.rows()) {
      throw new IllegalArgumentException(
          "conditional accuracy: " + logits.rows() + " rows of logits and " + wanted.length
              + " wanted classes; one a row is needed");
    }
    if (k < 1 || k > classes) {
      throw new IllegalArgumentException("conditional accuracy: k is " + k + " of " + classes + " classes");
    }
    int[][] confusion = new int[classes][classes];
    int first = 0;
    int amongFirst = 0;
    for (int row = 0; row < wanted.length; row++) {
      if (wanted[row] < 0 || wanted[row] >= classes) {
        throw new IllegalArgumentException(
            "conditional accuracy: row " + row + " wants class " + wanted[row] + "; there are " + classes + ", from 0");
      }
      float[] scores = Arrays.copyOfRange(logits.values(), row * classes, (row + 1) * classes);
      int ahead = ahead(scores, wanted[row]);
      first += ahead == 0 ? 1 : 0;
      amongFirst += ahead < k ? 1 : 0;
      confusion[wanted[row]][highest(scores)]++;
    }
    return new ConditionalAccuracy(wanted.length, (double) first / wanted.length, k,
        (double) amongFirst / wanted.length, confusion);
  }

  /** How many classes come before one. */
  private static int ahead(float[] scores, int wanted) {
    int ahead = 0;
    for (int i = 0; i < scores.length; i++) {
      if (scores[i] > scores[wanted] || scores[i] == scores[wanted] && i < wanted) {
        ahead++;
      }
    }
    return ahead;
  }

  private static int highest(float[] scores) {
    int highest = 0;
    for (int i = 1; i < scores.length; i++) {
      if (scores[i] > scores[highest]) {
        highest = i;
      }
    }
    return highest;
  }

  /** The accuracy of each wanted class, NaN where none was wanted. */
  public double[] perClass() {
    double[] accuracies = new double[confusion.length];
    for (int i = 0; i < accuracies.length; i++) {
      accuracies[i] = confusion[i][i] / (double) Arrays.stream(confusion[i]).sum();
    }
    return accuracies;
  }
}
