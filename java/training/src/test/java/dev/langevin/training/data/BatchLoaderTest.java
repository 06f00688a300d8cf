package dev.langevin.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.reflect.Proxy;
import java.time.Duration;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.IntConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

@Timeout(60)
class BatchLoaderTest {

  private static final Augmentation CHANCE = Augmentation.of(3, 3).padding().flipping(0.5).shifting(1);

  private static Batches batches(Dataset dataset) {
    return new Batches(dataset, CHANCE, 4, 11);
  }

  /** The dataset, with something done before each picture is read. */
  private static Dataset before(Dataset dataset, IntConsumer reading) {
    return (Dataset) Proxy.newProxyInstance(Dataset.class.getClassLoader(), new Class<?>[] {Dataset.class},
        (proxy, method, arguments) -> {
          if (method.getName().equals("example")) {
            reading.accept((int) arguments[0]);
          }
          return method.invoke(dataset, arguments);
        });
  }

  private static void assertSame(Batch batch, Batch expected) {
    assertThat(batch.step()).isEqualTo(expected.step());
    assertThat(batch.pixels().toFloats()).containsExactly(expected.pixels().toFloats());
    assertThat(batch.labels()).containsExactly(expected.labels());
    assertThat(batch.captions()).containsExactly(expected.captions());
    assertThat(batch.names()).containsExactly(expected.names());
  }

  /**
   * Catches batches that depend on the threads, on what came before, or on a buffer that was written over too early.
   */
  @ParameterizedTest
  @CsvSource({"0, 1, 1", "0, 1, 4", "0, 3, 3", "17, 1, 2", "17, 4, 7", "1000003, 2, 3"})
  void shouldHandOutTheSequenceFromAnyStep(long first, int threads, int ahead) {
    Batches batches = batches(TestPictures.numbered(10));
    try (BatchLoader loader = batches.loader(first, threads, ahead)) {
      for (long step = first; step < first + 40; step++) {
        assertSame(loader.next(), batches.batch(step));
      }
    }
  }

  /** Catches buffers that are allocated anew, and a ring that is larger than was asked for. */
  @Test
  void shouldReuseItsBuffers() {
    try (BatchLoader loader = batches(TestPictures.numbered(10)).loader(0, 2, 3)) {
      Set<Long> addresses = new HashSet<>();
      for (int i = 0; i < 30; i++) {
        addresses.add(loader.next().pixels().data().address());
      }
      assertThat(addresses).hasSize(4); // three ahead and the one lent
    }
  }

  /** Catches a loader that reads the whole set ahead. */
  @Test
  void shouldPrepareNoMoreThanAskedFor() throws InterruptedException {
    AtomicInteger read = new AtomicInteger();
    CountDownLatch full = new CountDownLatch(12);
    try (BatchLoader loader = batches(before(TestPictures.numbered(10), index -> {
      read.incrementAndGet();
      full.countDown();
    })).loader(0, 1, 2)) {
      full.await(); // two ahead, and the place of the one that is not lent yet: three batches of four
      Thread.sleep(50);
      assertThat(read).hasValue(12);
      loader.next();
      Thread.sleep(50);
      assertThat(read).hasValue(12);
    }
  }

  /** Catches failures that hang, that come early, or that depend on which thread met them. */
  @ParameterizedTest
  @CsvSource({"1, 1", "1, 3", "3, 3"})
  void shouldFailAtTheBatchThatCannotBeMade(int threads, int ahead) {
    Dataset dataset = TestPictures.numbered(40);
    Batches sound = batches(dataset);
    int bad = sound.indices(5)[2];
    Batches batches = batches(before(dataset, index -> {
      if (index == bad) {
        throw new DatasetException("n" + index + " is damaged");
      }
    }));
    try (BatchLoader loader = batches.loader(0, threads, ahead)) {
      for (long step = 0; step < 5; step++) {
        assertSame(loader.next(), sound.batch(step));
      }
      for (int attempt = 0; attempt < 2; attempt++) {
        assertThatThrownBy(loader::next).isInstanceOf(DatasetException.class)
            .hasMessage("batch 5: n" + bad + " is damaged")
            .cause().isInstanceOf(DatasetException.class);
      }
    }
  }

  /** Catches errors that end a worker in silence, after which next() would wait for ever. */
  @Test
  void shouldPassOnErrorsToo() {
    Batches batches = batches(before(TestPictures.numbered(10), index -> {
      throw new OutOfMemoryError("pretended");
    }));
    try (BatchLoader loader = batches.loader(3)) {
      assertThatThrownBy(loader::next).hasMessage("batch 3: java.lang.OutOfMemoryError: pretended")
          .hasCauseInstanceOf(OutOfMemoryError.class);
    }
  }

  @Test
  void shouldCountHowLongTrainingWaits() {
    Batches batches = batches(before(TestPictures.numbered(10), index -> pause(10)));
    try (BatchLoader loader = batches.loader(0)) {
      loader.next();
      assertThat(loader.waited()).isBetween(Duration.ofMillis(20), Duration.ofSeconds(30)); // four pictures at least,
                                                                                            // less the start
    }
  }

  private static void pause(long millis) {
    try {
      Thread.sleep(millis);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Catches threads that outlive their loader, whether they wait, work, or are waited for. */
  @Test
  void shouldEndItsThreadsAtOnce() throws InterruptedException {
    BatchLoader idle = batches(TestPictures.numbered(10)).loader(0, 3, 3);
    idle.next();
    idle.close();
    idle.close();
    assertThat(threads()).isEmpty();
    assertThatThrownBy(idle::next).isInstanceOf(IllegalStateException.class)
        .hasMessage("the loader was closed before batch 1");

    AtomicInteger read = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(1);
    BatchLoader busy = new Batches(before(TestPictures.numbered(10), index -> {
      begun.countDown();
      read.incrementAndGet();
      pause(20);
    }), CHANCE, 1000, 0).loader(0);
    Throwable[] thrown = new Throwable[1];
    Thread asking = Thread.ofPlatform().start(() -> {
      try {
        busy.next();
      } catch (IllegalStateException e) {
        thrown[0] = e;
      }
    });
    begun.await();
    busy.close();
    asking.join();
    assertThat(threads()).isEmpty();
    assertThat(read.get()).isLessThan(100);
    assertThat(thrown[0]).hasMessage("the loader was closed before batch 0");
  }

  private static java.util.List<String> threads() {
    Thread[] all = new Thread[Thread.activeCount() + 16];
    int count = Thread.enumerate(all);
    return Arrays.stream(all, 0, count).map(Thread::getName).filter(name -> name.startsWith("langevin-data")).toList();
  }

  @Test
  void shouldStopWaitingWhenInterrupted() {
    Batches batches = batches(before(TestPictures.numbered(10), index -> pause(20)));
    try (BatchLoader loader = batches.loader(0)) {
      Thread.currentThread().interrupt();
      assertThatThrownBy(loader::next).hasMessage("interrupted while batch 0 was awaited");
      assertThat(Thread.interrupted()).isTrue();
      assertSame(loader.next(), batches(TestPictures.numbered(10)).batch(0));
    }
  }

  @Test
  void shouldRefuseWhatCannotWork() {
    assertThatThrownBy(() -> batches(TestPictures.numbered(10)).loader(0, 3, 2)).hasMessage(
        "a loader from step 0 with 3 threads, 2 batches ahead: the step must be at least 0, with 1 thread or more, and"
            + " a batch ahead for each");
  }
}
