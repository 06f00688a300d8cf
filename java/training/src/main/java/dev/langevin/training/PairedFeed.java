package dev.langevin.training;

import dev.langevin.tensor.Tensor;
import dev.langevin.training.data.Batch;
import java.util.Arrays;
import java.util.stream.Stream;

/** Batches of two feeds as one: the first's examples, then the second's. */
record PairedFeed(Task.Feed first, Task.Feed second, Tensor drawn) implements Task.Feed {

  @Override
  public Batch next() {
    Batch front = first.next();
    Batch back = second.next();
    long[] labels = Arrays.copyOf(front.labels(), front.labels().length + back.labels().length);
    System.arraycopy(back.labels(), 0, labels, front.labels().length, back.labels().length);
    return new Batch(front.step(), drawn, labels, joined(front.captions(), back.captions()),
        joined(front.names(), back.names()));
  }

  private static String[] joined(String[] front, String[] back) {
    return Stream.concat(Stream.of(front), Stream.of(back)).toArray(String[]::new);
  }

  @Override
  public double waited() {
    return first.waited() + second.waited();
  }

  @Override
  public void close() {
    first.close();
    second.close();
  }
}
