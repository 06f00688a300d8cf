package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.request.CancellationToken;
import dev.langevin.request.DeadlineException;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.RejectedException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Many requests at once: which goes first, who waits for whom, and that none sees another's numbers. */
@Timeout(120)
class TurnsTest {

  private static final Path FOLDER = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");

  private static Pipeline model;

  @BeforeAll
  static void load() {
    model = Pipelines.open(FOLDER);
    for (int size : new int[] {40, 64, 128}) {
      model.generate(request(size, 4, 0)); // plans, and how long a step takes
    }
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static GenerationRequest request(int size, int steps, long seed) {
    return GenerationRequest.prompt("a cat").size(size, size).steps(steps).sampler("euler").seed(seed).build();
  }

  /** Catches a short request that waits until a long one ends, of its own size and of another. */
  @Test
  void shouldEndAShortRequestBesideALongOne() throws Exception {
    for (int size : new int[] {128, 40}) {
      AtomicInteger reached = new AtomicInteger();
      CountDownLatch begun = new CountDownLatch(1);
      CompletableFuture<Generation> large = model.generateAsync(request(128, 400, 1), (step, total, preview) -> {
        reached.set(step);
        begun.countDown();
        return true;
      });
      assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
      model.generate(request(size, 4, 2));
      int after = reached.get();
      large.cancel(true);
      assertThat(after).as("step of the long request when the short one had ended").isLessThan(200);
    }
  }

  /**
   * Catches a decoder that keeps the backend until it ends, and one whose activations another run's decoder writes
   * over.
   */
  @Test
  void shouldEndAShortRequestBesideADecoder() throws Exception {
    float[] alone = model.generate(request(320, 1, 1)).pictures().toFloats();
    CountDownLatch begun = new CountDownLatch(1);
    List<CompletableFuture<Generation>> large = new ArrayList<>();
    for (int i = 0; i < 5; i++) {
      large.add(model.generateAsync(request(320, 1, 1), (step, total, preview) -> {
        begun.countDown();
        return true;
      }));
    }
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    model.generate(request(40, 2, 2));
    assertThat(large.stream().filter(each -> !each.isDone()).count()).as("large requests that go on").isPositive();
    for (CompletableFuture<Generation> each : large) {
      assertThat(each.join().pictures().toFloats()).isEqualTo(alone);
    }
  }

  /** Catches a cancelled request that decodes to the end. */
  @Test
  void shouldEndADecoderThatIsCancelled() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CancellationToken token = new CancellationToken();
    model.generate(request(320, 1, 1));
    double decoding = model.generate(request(320, 1, 1)).seconds().get("decode");
    Thread canceller = Thread.ofPlatform().start(() -> {
      try {
        begun.await();
        Thread.sleep((long) (decoding * 250));
        token.cancel();
      } catch (InterruptedException e) {
        throw new AssertionError(e);
      }
    });
    assertThatThrownBy(() -> model.generate(request(320, 1, 1), (step, total, preview) -> {
      begun.countDown();
      return true;
    }, token)).isInstanceOf(CancellationException.class);
    canceller.join();
  }

  /** Catches equal requests that pass one another: they end as they came. */
  @Test
  void shouldServeEqualRequestsInTheirOrder() throws Exception {
    List<Integer> order = Collections.synchronizedList(new ArrayList<>());
    CountDownLatch goOn = new CountDownLatch(1);
    CountDownLatch inside = new CountDownLatch(1);
    CompletableFuture<Generation> before = model.generateAsync(request(40, 2, 1), (step, total, preview) -> {
      inside.countDown();
      try {
        return goOn.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        return false;
      }
    });
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 30; i++) {
      int own = i;
      threads.add(Thread.ofPlatform().start(() -> {
        model.generate(request(128, 12, own));
        order.add(own);
      }));
      while (model.load().running() + order.size() < i + 2) { // the one that waits in its listener, and these
        Thread.onSpinWait();
      }
      Thread.sleep(5); // from its acceptance to its place among those that take turns
    }
    goOn.countDown();
    for (Thread thread : threads) {
      thread.join();
    }
    before.join();
    int inversions = 0;
    for (int i = 0; i + 1 < order.size(); i++) {
      inversions += order.get(i) > order.get(i + 1) ? 1 : 0;
    }
    assertThat(inversions).as("requests that passed one before them, of " + order).isLessThanOrEqualTo(2); // threads
                                                                                                           // told late
  }

  /** Catches a listener that keeps others waiting: this one never returns while the other request runs. */
  @Test
  void shouldNotWaitForAnothersListener() throws Exception {
    CountDownLatch inside = new CountDownLatch(1);
    CountDownLatch done = new CountDownLatch(1);
    CompletableFuture<Generation> slow = model.generateAsync(request(40, 2, 1), (step, total, preview) -> {
      inside.countDown();
      try {
        return done.await(60, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        return false;
      }
    });
    assertThat(inside.await(30, TimeUnit.SECONDS)).isTrue();
    assertThat(model.generate(request(40, 4, 2)).pictures()).isNotNull();
    done.countDown();
    assertThat(slow.get(30, TimeUnit.SECONDS).pictures()).isNotNull();
  }

  /** Catches a request within a listener that hangs for ever. */
  @Test
  void shouldRefuseARequestWithinAListener() {
    for (boolean async : new boolean[] {false, true}) {
      GenerationListener asks = (step, total, preview) -> {
        if (async) {
          model.generateAsync(request(40, 1, 0), GenerationListener.NONE).join();
        } else {
          model.generate(request(40, 1, 0));
        }
        return true;
      };
      assertThatThrownBy(() -> model.generate(request(40, 2, 0), asks, new CancellationToken()))
          .isInstanceOf(IllegalStateException.class).hasMessageContaining("within a listener");
    }
    assertThat(model.generate(request(40, 1, 0)).pictures()).isNotNull();
  }

  /**
   * Catches noise, steady inputs or registers that one run leaves to another, and a cancelled one that takes others
   * along.
   */
  @Test
  void shouldGiveEachWhatItGetsAloneWhateverElseHappens() throws Exception {
    Random random = new Random(7);
    int count = 64;
    GenerationRequest[] requests = new GenerationRequest[count];
    float[][] alone = new float[count][];
    boolean[] cancelled = new boolean[count];
    for (int i = 0; i < count; i++) {
      requests[i] = request(List.of(40, 64, 128).get(random.nextInt(3)), 2 + random.nextInt(6), i).toBuilder()
          .prompts(List.of("a cat in " + i + " hats")).build();
      cancelled[i] = random.nextInt(4) == 0;
      alone[i] = model.generate(requests[i]).pictures().toFloats();
    }
    List<CompletableFuture<float[]>> together = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      int own = i;
      CancellationToken token =
          i % 3 == 0 ? CancellationToken.within(Duration.ofSeconds(100)) : new CancellationToken();
      together.add(CompletableFuture.supplyAsync(() -> model.generate(requests[own], (step, total, preview) -> {
        if (cancelled[own]) {
          token.cancel();
        }
        return true;
      }, token).pictures().toFloats(), work -> Thread.ofVirtual().start(work)));
    }
    for (int i = 0; i < count; i++) {
      if (cancelled[i]) {
        assertThatThrownBy(together.get(i)::join).isInstanceOfAny(CancellationException.class,
            CompletionException.class);
      } else {
        assertThat(together.get(i).join()).as("request " + i).isEqualTo(alone[i]);
      }
    }
  }

  /** Catches a deadline that passes unseen, and one that is computed all the same. */
  @Test
  void shouldEndARequestWhoseTimePassed() {
    long missed = model.load().missed();
    assertThatThrownBy(() -> model.generate(request(128, 900, 0), GenerationListener.NONE,
        CancellationToken.within(Duration.ofMillis(300)))).isInstanceOf(DeadlineException.class);
    assertThat(model.load().missed()).isEqualTo(missed + 1);
  }

  /** Catches a queue without an end, and figures that do not tell of it. */
  @Test
  void shouldRejectWhatComesWhenTooManyWait() throws Exception {
    try (Pipeline small = Pipelines.open(FOLDER, LoadOptions.builder().maxQueued(1).build())) {
      CountDownLatch begun = new CountDownLatch(1);
      CompletableFuture<Generation> running = small.generateAsync(request(40, 900, 0), (step, total, preview) -> {
        begun.countDown();
        return true;
      });
      assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
      assertThatThrownBy(() -> small.generate(request(40, 1, 0))).isInstanceOf(RejectedException.class)
          .hasMessageStartingWith("1 requests are running or waiting");
      assertThat(small.load().rejected()).isEqualTo(1);
      running.cancel(true);
    }
  }

  /** Catches a close that frees memory under a run, or that leaves who comes after without a word. */
  @Test
  void shouldDrainBeforeItCloses() throws Exception {
    Pipeline closing = Pipelines.open(FOLDER);
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Generation> running = closing.generateAsync(request(40, 20, 0), (step, total, preview) -> {
      begun.countDown();
      return true;
    });
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    closing.close();
    closing.close();
    assertThat(running.get(1, TimeUnit.SECONDS).pictures()).isNotNull();
    assertThatThrownBy(() -> closing.generate(request(40, 1, 0))).isInstanceOf(IllegalStateException.class)
        .hasMessage("the model is closed");
  }

  /** Catches settings that a family drops in silence. */
  @Test
  void shouldNameWhatAFamilyCannotDo() {
    assertThatThrownBy(() -> model.plan(request(40, 1, 0).toBuilder().labels(3).build()))
        .isInstanceOf(IllegalArgumentException.class).hasMessage("Stable Diffusion has no class; leave that away");
  }
}
