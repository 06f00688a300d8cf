package dev.langevin.training.evaluation;

import java.io.Serializable;
import java.util.concurrent.atomic.LongAdder;

/**
 * How much of what is generated lies where real pictures lie, and how much of where these lie is reached. The real
 * pictures' region is taken for the union of balls, one around each, as wide as the distance to its k-th nearest
 * fellow; the generated ones' likewise.
 *
 * <p>
 * Precision and recall: Kynkäänniemi et al., "Improved precision and recall metric for assessing generative models",
 * arXiv:1904.06991, equations 1 and 2, with their k of 3. Density and coverage, which a single outlier with its wide
 * ball moves less: Naeem et al., "Reliable fidelity and diversity metrics for generative models", arXiv:2002.09797,
 * section 3, which takes a k of 5. All depend on the counts and on k: compare like with like.
 *
 * @param precision share of generated pictures that lie in the real ones' region, 0 to 1
 * @param recall share of real pictures that lie in the generated ones' region, 0 to 1
 * @param density in how many real pictures' balls a generated one lies, on average, divided by k; 1 is expected where
 *   the distributions agree, and it may be more
 * @param coverage share of real pictures in whose ball a generated one lies, 0 to 1
 * @param k the neighbour that gives a ball its radius
 */
public record PrecisionRecall(double precision, double recall, double density, double coverage, int k) {

  /** As Kynkäänniemi et al. take it (arXiv:1904.06991). */
  public static final int DEFAULT_K = 3;

  /** As the other, with {@link #DEFAULT_K}. */
  public static PrecisionRecall of(Features real, Features generated) {
    return of(real, generated, DEFAULT_K);
  }

  /**
   * Of two sets, which should be of about equal size.
   *
   * @throws IllegalArgumentException if their widths differ, or k is not from 1 to a row less than the smaller set has
   */
  public static PrecisionRecall of(Features real, Features generated, int k) {
    real.requireSameWidth(generated);
    requireNeighbours("real", real, k);
    requireNeighbours("generated", generated, k);
    return count(real, radii(real, real, k), generated, radii(generated, generated, k)).measured(k);
  }

  /**
   * What some generated rows tell, to be added to what the others do.
   *
   * @param rows generated
   * @param precise how many of them lie in the real ones' region
   * @param balls in how many real rows' balls they lie, all together
   * @param covered real rows in whose ball one of them lies; not copied
   * @param recalled real rows that lie in the ball of one of them; not copied
   */
  public record Counted(long rows, long precise, long balls, boolean[] covered, boolean[] recalled)
      implements Serializable {

    /** With other generated rows' counts. */
    public Counted plus(Counted other) {
      return new Counted(rows + other.rows, precise + other.precise, balls + other.balls,
          either(covered, other.covered), either(recalled, other.recalled));
    }

    private static boolean[] either(boolean[] one, boolean[] other) {
      boolean[] either = one.clone();
      for (int i = 0; i < either.length; i++) {
        either[i] |= other[i];
      }
      return either;
    }

    /** The measures, of all generated rows. */
    public PrecisionRecall measured(int k) {
      return new PrecisionRecall((double) precise / rows, share(recalled), (double) balls / k / rows, share(covered),
          k);
    }
  }

  /**
   * Counts for some generated rows; the sum over all is the same to the last bit however they are divided.
   *
   * @param realRadii of {@link #radii}, of all real rows
   * @param radii of {@link #radii}, of these generated rows
   */
  public static Counted count(Features real, float[] realRadii, Features generated, float[] radii) {
    boolean[] precise = new boolean[generated.rows()];
    boolean[] recalled = new boolean[real.rows()];
    boolean[] covered = new boolean[real.rows()];
    LongAdder inside = new LongAdder();
    // One generated picture is on one thread. A real one is on several, which at most all write the same true.
    SquaredDistances.visit(generated, real, (row, from, count, squared) -> {
      int balls = 0;
      for (int i = 0; i < count; i++) {
        if (squared[i] <= realRadii[from + i]) {
          balls++;
          covered[from + i] = true;
        }
        if (squared[i] <= radii[row]) {
          recalled[from + i] = true;
        }
      }
      precise[row] |= balls > 0;
      inside.add(balls);
    });
    return new Counted(generated.rows(), trues(precise), inside.sum(), covered, recalled);
  }

  private static void requireNeighbours(String name, Features features, int k) {
    if (k < 1 || k >= features.rows()) {
      throw new IllegalArgumentException(
          "precision and recall: k is " + k + " and there are " + features.rows() + " " + name
              + " rows; take k from 1 to one less than the rows, or more rows");
    }
  }

  /**
   * Squared distances of some rows of a set to their k-th nearest fellows.
   *
   * @param some rows of {@code all}
   */
  public static float[] radii(Features some, Features all, int k) {
    NearestNeighbours neighbours = NearestNeighbours.of(some, all, k + 1); // the nearest is the row itself, at 0
    float[] squared = new float[some.rows()];
    for (int row = 0; row < squared.length; row++) {
      squared[row] = neighbours.squared(row, k);
    }
    return squared;
  }

  private static double share(boolean[] flags) {
    return (double) trues(flags) / flags.length;
  }

  private static int trues(boolean[] flags) {
    int count = 0;
    for (boolean flag : flags) {
      count += flag ? 1 : 0;
    }
    return count;
  }
}
