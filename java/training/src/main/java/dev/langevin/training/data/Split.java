package dev.langevin.training.data;

import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * A set in two parts without a common example: one to train on, one held out to measure by. The parts read through the
 * set and need no closing; they are as thread-safe as it is.
 */
public record Split(Dataset training, Dataset heldOut) {

  /**
   * Holds out a number of examples: those whose names, mixed with the seed, rank lowest. So the choice does not depend
   * on the order, and pictures that are added to a set move few of the others from one part to the other.
   *
   * @throws DatasetException if a part would be empty
   */
  public static Split count(Dataset dataset, int heldOut, long seed) {
    if (heldOut < 1 || heldOut >= dataset.size()) {
      throw new DatasetException(
          "holding out " + heldOut + " of " + dataset.size() + " examples leaves a part empty; from 1 to "
              + (dataset.size() - 1) + " can be");
    }
    long[] ranks =
        IntStream.range(0, dataset.size()).mapToLong(i -> rank(dataset.annotation(i).name(), seed)).toArray();
    BitSet chosen = new BitSet();
    IntStream.range(0, ranks.length).boxed().sorted(Comparator.comparingLong(i -> ranks[i])).limit(heldOut)
        .forEach(chosen::set);
    return of(dataset, chosen);
  }

  /**
   * Holds out a share of the examples, rounded to a whole number of them, chosen as {@link #count} does.
   *
   * @param share between 0 and 1
   * @throws DatasetException if a part would be empty
   */
  public static Split fraction(Dataset dataset, double share, long seed) {
    if (!(share > 0 && share < 1)) {
      throw new DatasetException("holding out a share of " + share + ": must be between 0 and 1");
    }
    return count(dataset, (int) Math.round(share * dataset.size()), seed);
  }

  /**
   * Holds out the examples whose metadata has a value in a field, such as {@code validation} in {@code split}.
   *
   * @throws DatasetException if a part would be empty, with the values that there are
   */
  public static Split field(Dataset dataset, String field, String value) {
    BitSet chosen = new BitSet();
    TreeSet<String> values = new TreeSet<>();
    for (int i = 0; i < dataset.size(); i++) {
      String found = dataset.annotation(i).fields().get(field);
      values.add(Objects.requireNonNullElse(found, "(none)"));
      chosen.set(i, value.equals(found));
    }
    if (chosen.isEmpty() || chosen.cardinality() == dataset.size()) {
      throw new DatasetException(
          "holding out the examples whose \"" + field + "\" is " + value + " leaves a part empty; the values are "
              + DatasetException.some(List.copyOf(values)));
    }
    return of(dataset, chosen);
  }

  private static long rank(String name, long seed) {
    CounterRandom random = new CounterRandom(seed, CounterRandom.Purpose.SPLIT, 0);
    long rank = random.next();
    for (int i = 0; i < name.length(); i++) {
      rank = CounterRandom.mix(rank + name.charAt(i));
    }
    return rank;
  }

  private static Split of(Dataset dataset, BitSet heldOut) {
    BitSet training = (BitSet) heldOut.clone();
    training.flip(0, dataset.size());
    return new Split(new Subset(dataset, training.stream().toArray()), new Subset(dataset, heldOut.stream().toArray()));
  }
}
