package dev.langevin.training;

import dev.langevin.tensor.Tensor;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.BucketBatches;
import dev.langevin.training.data.Dataset;
import java.util.List;

/** As {@link CachedFeed}, of pictures in buckets: a batch's pixels have the shape of its bucket. Never waits. */
final class BucketFeed implements Task.Feed {

  private final Dataset dataset;
  private final BucketBatches batches;
  private final List<Tensor> drawn;
  private final CachedFeed.Draw draw;
  private long next;

  /** @param drawn where {@code draw} writes, (N, ...) of each bucket */
  BucketFeed(Dataset dataset, BucketBatches batches, long firstBatch, List<Tensor> drawn, CachedFeed.Draw draw) {
    this.dataset = dataset;
    this.batches = batches;
    this.next = firstBatch;
    this.drawn = List.copyOf(drawn);
    this.draw = draw;
  }

  @Override
  public Batch next() {
    int[] indices = batches.indices(next);
    String[] captions = new String[indices.length];
    String[] names = new String[indices.length];
    for (int n = 0; n < indices.length; n++) {
      StepRandom random = new StepRandom(~batches.seed(), next * indices.length + n);
      List<String> all = dataset.annotation(indices[n]).captions();
      captions[n] = all.isEmpty() ? "" : all.get(random.below(all.size()));
      names[n] = dataset.annotation(indices[n]).name();
      draw.draw(n, indices[n], random);
    }
    int bucket = batches.bucket(next);
    return new Batch(next++, drawn.get(bucket), new long[indices.length], captions, names);
  }

  @Override
  public double waited() {
    return 0;
  }

  @Override
  public void close() {}
}
