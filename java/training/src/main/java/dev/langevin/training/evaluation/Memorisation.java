package dev.langevin.training.evaluation;

import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Whether a model gives its training examples back. Two signs are looked for, each by comparing the generated pictures
 * with a baseline of real ones that no model made: training examples among their fellows, or pictures that were held
 * out of the training.
 *
 * <ul>
 * <li>Nearness: more generated than real pictures lie very near to a training example. Meehan et al., "A non-parametric
 * test to detect data-copying in generative models", arXiv:2004.05675, compare the same two sets of distances. Alone it
 * proves no copying: pixels of smooth pictures, or features of pictures that are all alike, are near to everything.
 * <li>Singling out: the nearest example is less than a third as far as the second nearest. Yoon et al., "Diffusion
 * probabilistic models generalize when they fail to memorize", 2023; the distance relative to other near examples as in
 * Carlini et al., "Extracting training data from diffusion models", arXiv:2301.13188. It overlooks copies of what is in
 * the training set twice.
 * </ul>
 *
 * @param verdict what the two signs say
 * @param samples how many generated pictures
 * @param baseline how many real pictures
 * @param percentile of the baseline's nearest distances that counts as very near, 0 to 100
 * @param threshold that distance, in the features' unit
 * @param medianDistance of the generated pictures to their nearest examples, in the features' unit
 * @param baselineMedianDistance of the real ones
 * @param nearShare of the generated pictures not farther than the threshold, 0 to 1
 * @param baselineNearShare of the real ones: the percentile / 100, but where distances are equal
 * @param singledShare of the generated pictures with the ratio below a third, 0 to 1
 * @param baselineSingledShare of the real ones
 * @param closest the generated pictures with the least ratios, at most 20, the least first; worth looking at
 */
public record Memorisation(
    Verdict verdict, int samples, int baseline, double percentile, double threshold, double medianDistance,
    double baselineMedianDistance,
    double nearShare, double baselineNearShare, double singledShare, double baselineSingledShare,
    List<Closest> closest) {

  /** One real picture in a hundred is as close as the threshold. */
  public static final double DEFAULT_PERCENTILE = 1;

  /** Yoon et al. */
  private static final double SINGLED = 1 / 3.0;

  /** Standard errors by which a share must exceed the baseline's: by chance it happens once in 700 times. */
  private static final double STANDARD_ERRORS = 3;

  private static final int MOST_CLOSEST = 20;

  /** In words. */
  public enum Verdict {
    /** Generated pictures are no nearer to the training examples than real ones are. */
    NOT_MEMORISED("not memorised"),
    /**
     * Too many are near to training examples, but none is singled out: look at the closest, and at a second feature
     * space.
     */
    NEARER("nearer to the training examples than real pictures are"),
    /** Too many have one training example that is far nearer than all others. */
    COPIED("training examples are copied");

    private final String words;

    Verdict(String words) {
      this.words = words;
    }

    @Override
    public String toString() {
      return words;
    }
  }

  /**
   * A generated picture and its nearest training example, by their rows.
   *
   * @param ratio of the distance to that of the second nearest example, 0 to 1; 0 where the picture equals an example
   */
  public record Closest(int sample, int example, double distance, double ratio) {}

  /** Copies {@code closest}. */
  public Memorisation {
    closest = List.copyOf(closest);
  }

  /**
   * Against training examples among their fellows, at {@link #DEFAULT_PERCENTILE}.
   *
   * @throws IllegalArgumentException if the widths differ or there are fewer than 3 training examples
   */
  public static Memorisation of(Features samples, Features training) {
    return of(NearestNeighbours.of(samples, training, 2), NearestNeighbours.within(training, 2), DEFAULT_PERCENTILE);
  }

  /**
   * Against a baseline of the caller's choice, in the same features and with about as many training examples.
   *
   * @param samples generated pictures' neighbours among the training examples, k of 2 or more
   * @param baseline real pictures' neighbours among the training examples, k of 2 or more
   * @param percentile above 0 and below 100
   * @throws IllegalArgumentException if a k is 1 or the percentile outside of its range
   */
  public static Memorisation of(NearestNeighbours samples, NearestNeighbours baseline, double percentile) {
    if (samples.k() < 2 || baseline.k() < 2) {
      throw new IllegalArgumentException(
          "memorisation: neighbours were sought with k " + samples.k() + " and " + baseline.k()
              + "; the second nearest is needed too, so take 2");
    }
    if (!(percentile > 0 && percentile < 100)) {
      throw new IllegalArgumentException(
          "memorisation: the percentile is " + percentile + "; it must lie between 0 and 100");
    }
    double[] real = sortedDistances(baseline);
    double[] generated = sortedDistances(samples);
    double threshold = real[(int) Math.ceil(percentile / 100 * real.length) - 1];
    double near = shareUpTo(generated, threshold);
    double realNear = shareUpTo(real, threshold);
    double singled = singledShare(samples);
    double realSingled = singledShare(baseline);
    Verdict verdict = exceeds(singled, generated.length, realSingled, real.length) ? Verdict.COPIED
        : exceeds(near, generated.length, realNear, real.length) ? Verdict.NEARER
        : Verdict.NOT_MEMORISED;
    return new Memorisation(verdict, generated.length, real.length, percentile, threshold, median(generated),
        median(real),
        near, realNear, singled, realSingled, closest(samples));
  }

  private static double[] sortedDistances(NearestNeighbours neighbours) {
    return IntStream.range(0, neighbours.rows()).mapToDouble(row -> neighbours.distance(row, 0)).sorted().toArray();
  }

  private static double shareUpTo(double[] distances, double threshold) {
    return Arrays.stream(distances).filter(distance -> distance <= threshold).count() / (double) distances.length;
  }

  private static double median(double[] sorted) {
    return (sorted[(sorted.length - 1) / 2] + sorted[sorted.length / 2]) / 2;
  }

  private static double singledShare(NearestNeighbours neighbours) {
    return IntStream.range(0, neighbours.rows()).filter(row -> ratio(neighbours, row) < SINGLED).count()
        / (double) neighbours.rows();
  }

  private static double ratio(NearestNeighbours neighbours, int row) {
    double nearest = neighbours.distance(row, 0);
    return nearest == 0 ? 0 : nearest / neighbours.distance(row, 1);
  }

  /** Two shares of n and m, tested for being of one distribution with the variance of both together. */
  private static boolean exceeds(double share, int n, double baseline, int m) {
    double pooled = (share * n + baseline * m) / (n + (double) m);
    return share - baseline > STANDARD_ERRORS * Math.sqrt(pooled * (1 - pooled) * (1.0 / n + 1.0 / m));
  }

  private static List<Closest> closest(NearestNeighbours samples) {
    return IntStream.range(0, samples.rows())
        .mapToObj(row -> new Closest(row, samples.index(row, 0), samples.distance(row, 0), ratio(samples, row)))
        .sorted(Comparator.comparingDouble(Closest::ratio).thenComparingDouble(Closest::distance)
            .thenComparingInt(Closest::sample))
        .limit(MOST_CLOSEST)
        .toList();
  }
}
