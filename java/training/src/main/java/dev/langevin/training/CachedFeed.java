package dev.langevin.training;

import dev.langevin.tensor.Tensor;
import dev.langevin.training.data.Batch;
import dev.langevin.training.data.Batches;
import java.util.List;

/** Batches of what was computed once of every picture, with one of its captions. Never waits. */
final class CachedFeed implements Task.Feed {

  /** Writes a sample of an example. */
  interface Draw {
    void draw(int row, int example, StepRandom random);
  }

  private final Batches batches;
  private final Tensor drawn;
  private final Draw draw;
  private long next;

  /** @param drawn where {@code draw} writes, (N, ...) */
  CachedFeed(Batches batches, long firstBatch, Tensor drawn, Draw draw) {
    this.batches = batches;
    this.next = firstBatch;
    this.drawn = drawn;
    this.draw = draw;
  }

  @Override
  public Batch next() {
    int[] indices = batches.indices(next);
    String[] captions = new String[indices.length];
    String[] names = new String[indices.length];
    for (int n = 0; n < indices.length; n++) {
      StepRandom random = new StepRandom(~batches.seed(), next * indices.length + n);
      List<String> all = batches.dataset().annotation(indices[n]).captions();
      captions[n] = all.isEmpty() ? "" : all.get(random.below(all.size()));
      names[n] = batches.dataset().annotation(indices[n]).name();
      draw.draw(n, indices[n], random);
    }
    return new Batch(next++, drawn, new long[indices.length], captions, names);
  }

  @Override
  public double waited() {
    return 0;
  }

  @Override
  public void close() {}
}
