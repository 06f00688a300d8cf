package dev.langevin.training.data;

import java.util.Arrays;

/**
 * The sequence of batches of a run whose pictures are in buckets, from 0 without end: all examples of a batch are of
 * one bucket. Batch k depends on this object's arguments alone, on nothing that was drawn before.
 *
 * <p>
 * In every cycle of as many batches as there are examples, in an order of its own, a bucket has as many batches as
 * examples. So each example is shown as often as any other: as many times in a cycle as a batch has places. Within a
 * bucket the examples stand in a line, epoch after epoch, each in an order of its own, as {@link Batches} has them.
 * Used by one thread.
 */
public final class BucketBatches {

  private final int batchSize;
  private final long seed;
  private final int[][] members; // examples by bucket
  private final int[] begin; // of each bucket's share of a cycle
  private final int size;
  private long cycle = -1;
  private int[] bucketAt; // of the cycle
  private int[] rankAt; // among the batches of its bucket in the cycle

  /**
   * Sorts the examples.
   *
   * @param bucketOf by example, from 0 to before {@code buckets}
   */
  public BucketBatches(int[] bucketOf, int buckets, int batchSize, long seed) {
    if (batchSize < 1 || bucketOf.length == 0) {
      throw new IllegalArgumentException("batches of " + batchSize + " of " + bucketOf.length
          + " examples: both must be at least 1");
    }
    this.batchSize = batchSize;
    this.seed = seed;
    size = bucketOf.length;
    members = new int[buckets][];
    begin = new int[buckets + 1];
    for (int b = 0; b < buckets; b++) {
      int bucket = b;
      members[b] = java.util.stream.IntStream.range(0, size).filter(i -> bucketOf[i] == bucket).toArray();
      begin[b + 1] = begin[b] + members[b].length;
    }
  }

  /** How many examples a bucket has. */
  public int count(int bucket) {
    return members[bucket].length;
  }

  /** Examples of a batch. */
  public int batchSize() {
    return batchSize;
  }

  /** What the order of each epoch is drawn from. */
  public long seed() {
    return seed;
  }

  /** The bucket of a batch. */
  public int bucket(long step) {
    enter(step / size);
    return bucketAt[(int) (step % size)];
  }

  /** The examples of a batch. */
  public int[] indices(long step) {
    int bucket = bucket(step);
    int count = members[bucket].length;
    long first = Math.multiplyExact(Math.addExact(Math.multiplyExact(cycle, (long) count), rankAt[(int) (step % size)]),
        batchSize);
    int[] indices = new int[batchSize];
    Permutation order = null;
    for (int i = 0; i < batchSize; i++) {
      int place = (int) ((first + i) % count);
      if (order == null || place == 0) {
        // buckets have orders of their own: epochs of different ones are told apart by a stride
        order = new Permutation(seed + 0x9e3779b97f4a7c15L * (bucket + 1), (first + i) / count, count);
      }
      indices[i] = members[bucket][order.at(place)];
    }
    return indices;
  }

  private void enter(long wanted) {
    if (wanted == cycle) {
      return;
    }
    Permutation order = new Permutation(seed, wanted, size);
    bucketAt = new int[size];
    rankAt = new int[size];
    int[] had = new int[members.length];
    for (int place = 0; place < size; place++) {
      int at = Arrays.binarySearch(begin, order.at(place));
      int bucket = at >= 0 ? at : -at - 2;
      while (members[bucket].length == 0) { // an empty one begins where the next does
        bucket++;
      }
      bucketAt[place] = bucket;
      rankAt[place] = had[bucket]++;
    }
    cycle = wanted;
  }
}
