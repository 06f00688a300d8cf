package dev.langevin.training.data;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;

/**
 * The sequence of batches of a run, from 0 without end. Batch k depends on this record alone, on nothing that was drawn
 * before: a run that is resumed at step k gets what an uninterrupted one gets there.
 *
 * <p>
 * The examples stand in a line, epoch after epoch, each epoch in an order of its own; example i of batch k is number
 * {@code k * batchSize + i} of it. So what is left of an epoch fills up with the next one's beginning. The number in
 * the line, with the seed, decides the caption and the augmentation too.
 *
 * <p>
 * Immutable; any number of threads may ask at once.
 *
 * @param seed decides orders, captions and augmentation
 */
public record Batches(Dataset dataset, Augmentation augmentation, int batchSize, long seed) {

  /**
   * Checks that every picture makes a sample.
   *
   * @throws DatasetException if a picture is too small for a sample, or there is none
   * @throws IllegalArgumentException if {@code batchSize} is below 1
   */
  public Batches {
    if (batchSize < 1) {
      throw new IllegalArgumentException("batches of " + batchSize + " examples: must be at least 1");
    }
    requireFits(dataset, augmentation);
  }

  private static void requireFits(Dataset dataset, Augmentation augmentation) {
    if (dataset.size() == 0) {
      throw new DatasetException("batches: the set has no examples");
    }
    List<String> small = new ArrayList<>();
    String first = null;
    for (int i = 0; i < dataset.size(); i++) {
      if (!augmentation.fits(dataset.width(i), dataset.height(i))) {
        small.add(dataset.annotation(i).name());
        first = first == null ? augmentation.tooSmall(dataset.width(i), dataset.height(i)) : first;
      }
    }
    if (first != null) {
      throw new DatasetException(small.size() + " of " + dataset.size() + " pictures are too small for a sample: "
          + DatasetException.some(small) + ". The first one's " + first);
    }
  }

  /** The epoch, from 0 on, in which a batch begins. */
  public long epoch(long step) {
    return Math.multiplyExact(step, batchSize) / dataset.size();
  }

  /** The examples of a batch, by their place in the dataset. */
  public int[] indices(long step) {
    if (step < 0) {
      throw new IllegalArgumentException("step is " + step + ", must be at least 0");
    }
    int[] indices = new int[batchSize];
    Permutation order = null;
    for (int i = 0; i < batchSize; i++) {
      long position = position(step, i);
      int place = (int) (position % dataset.size());
      if (order == null || place == 0) {
        order = new Permutation(seed, position / dataset.size(), dataset.size());
      }
      indices[i] = order.at(place);
    }
    return indices;
  }

  private long position(long step, int i) {
    return Math.addExact(Math.multiplyExact(step, batchSize), i);
  }

  /** Batch {@code step} in memory of its own, made by the calling thread. */
  public Batch batch(long step) {
    Batch batch = allocate();
    int[] indices = indices(step);
    for (int i = 0; i < batchSize; i++) {
      fill(batch, step, i, indices[i]);
    }
    return new Batch(step, batch.pixels(), batch.labels(), batch.captions(), batch.names());
  }

  /** Buffers of a batch, not filled. The memory is freed with the last reference. */
  Batch allocate() {
    Shape shape = Shape.of(batchSize, augmentation.channels(), augmentation.height(), augmentation.width());
    return new Batch(-1, Tensor.allocate(DType.F32, shape), new long[batchSize], new String[batchSize],
        new String[batchSize]);
  }

  /** Example {@code i} of a batch, which is number {@code index} of the dataset. */
  void fill(Batch batch, long step, int i, int index) {
    Example example = dataset.example(index);
    List<String> captions = example.captions();
    long position = position(step, i);
    batch.labels()[i] = example.label();
    batch.names()[i] = example.name();
    batch.captions()[i] = captions.isEmpty() ? ""
        : captions.get(new CounterRandom(seed, CounterRandom.Purpose.CAPTION, position).below(captions.size()));
    CounterRandom random = new CounterRandom(seed, CounterRandom.Purpose.AUGMENTATION, position);
    augmentation.write(example.picture(), example.annotation().flippable(), random, batch.pixels().row(i).data());
  }

  /** The batches from a step on, prepared by one thread, two ahead. */
  public BatchLoader loader(long firstStep) {
    return new BatchLoader(this, firstStep, 1, 2);
  }

  /**
   * The batches from a step on.
   *
   * @param threads that prepare them; which one does makes no difference to a batch
   * @param ahead batches prepared before they are asked for, at least as many as threads
   */
  public BatchLoader loader(long firstStep, int threads, int ahead) {
    return new BatchLoader(this, firstStep, threads, ahead);
  }
}
