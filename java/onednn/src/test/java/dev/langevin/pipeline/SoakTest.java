package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Many requests, for a long time: no numbers of another's, and nothing that stays. Figures: docs/soak.md. */
@Tag("soak")
class SoakTest {

  private static final Path MODELS = Path.of("../engine/src/test/resources/reference");
  private static final Path SD = MODELS.resolve("pipelines_sd/_models/sd1");
  private static final Path UNCLIP = MODELS.resolve("pipelines_unclip/_models/karlo");
  private static final Path PIXELS = MODELS.resolve("unet2d/_models/ddpm");

  /** Requests before memory is looked at: oneDNN's cache of primitives, the compiler's code. */
  private static final int WARM = 200;

  private static final int REQUESTS = Integer.getInteger("langevin.soak.requests", 500);
  private static final int CANCELS = Integer.getInteger("langevin.soak.cancels", 400);
  private static final int OPENS = Integer.getInteger("langevin.soak.opens", 50);
  private static final int PLATFORM_THREADS = 64;
  private static final int VIRTUAL_THREADS = 1000;
  private static final int DISTINCT = 24;

  private static GenerationRequest request(int width, int height, int steps, long seed) {
    return GenerationRequest.prompt("a cat in " + seed + " hats").size(width, height).steps(steps).sampler("euler")
        .seed(seed).build();
  }

  @Test
  void shouldGiveEachThreadWhatItsRequestGetsAlone() throws InterruptedException {
    int threads = PLATFORM_THREADS + VIRTUAL_THREADS;
    try (Pipeline model = Pipelines.open(SD, LoadOptions.builder().maxQueued(threads).build())) {
      List<float[]> alone = new ArrayList<>();
      long begun = System.nanoTime();
      for (int i = 0; i < DISTINCT; i++) {
        alone.add(model.generate(distinct(i)).pictures().toFloats());
        assertThat(alone.subList(0, i)).as("requests differ").noneMatch(other -> Arrays.equals(other, alone.getLast()));
      }
      double aloneMillis = (System.nanoTime() - begun) * 1e-6 / DISTINCT;
      AtomicInteger equal = new AtomicInteger();
      CountDownLatch start = new CountDownLatch(1);
      List<Thread> running = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        int own = i % DISTINCT;
        Runnable work = () -> {
          try {
            start.await();
          } catch (InterruptedException e) {
            throw new AssertionError(e);
          }
          if (Arrays.equals(model.generate(distinct(own)).pictures().toFloats(), alone.get(own))) {
            equal.incrementAndGet();
          }
        };
        running.add(i < PLATFORM_THREADS ? Thread.ofPlatform().start(work) : Thread.ofVirtual().start(work));
      }
      begun = System.nanoTime();
      start.countDown();
      for (Thread thread : running) {
        thread.join();
      }
      System.out.printf("soak: threads: %d requests of %d threads, %d mismatches; %.1f ms a request, alone %.1f ms%n",
          threads, threads, threads - equal.get(), (System.nanoTime() - begun) * 1e-6 / threads, aloneMillis);
      assertThat(equal).as("results equal to those alone").hasValue(threads);
    }
  }

  private static GenerationRequest distinct(int i) {
    return request(40, 40, 1 + i % 3, i);
  }

  @Test
  void shouldHoldNothingOfPlansOfChangingSizes() throws Exception {
    Random random = new Random(1);
    ResidentTrend trend = new ResidentTrend("plans of changing sizes");
    Map<Kind, Long> before = withoutModel();
    try (Pipeline model = Pipelines.open(SD)) {
      for (int i = 0; i < REQUESTS; i++) {
        model.generate(request(32 + 8 * random.nextInt(5), 32 + 8 * random.nextInt(5), 1, i));
        if (i + 1 >= WARM && (i + 1) % 20 == 0) {
          model.generate(request(72, 72, 1, 0));
          model.generate(request(32, 32, 1, 0)); // the same plans at each sample
          trend.sample(i + 1);
        }
      }
    }
    trend.assertFlat();
    assertThat(LiveHandles.counts()).as("after the model").isEqualTo(before);
  }

  /** Where a cancelled request ended. */
  private enum Stage { PLANNING, STEPS, DECODE, DONE }

  @Test
  void shouldHoldNothingOfRequestsCancelledAtAnyMoment() throws Exception {
    Random random = new Random(2);
    ResidentTrend trend = new ResidentTrend("cancels at random moments");
    int[] ended = new int[Stage.values().length];
    Map<Kind, Long> before = withoutModel();
    try (Pipeline model = Pipelines.open(SD); ScheduledExecutorService clock = Executors.newScheduledThreadPool(1)) {
      float[] expected = model.generate(request(32, 32, 4, 0)).pictures().toFloats();
      long[] whole = new long[25]; // nanoseconds of the last one of each size that ran to its end
      for (int i = 0; i < 2 * whole.length; i++) {
        whole[i % 25] = nanoseconds(model, request(32 + 8 * (i % 5), 32 + 8 * (i % 25 / 5), 4, i));
      }
      for (int i = 0; i < CANCELS; i++) {
        int size = random.nextInt(25);
        GenerationRequest request = request(32 + 8 * (size % 5), 32 + 8 * (size / 5), 4, i);
        Stage stage = cancelled(model, request, clock, random.nextLong(whole[size]));
        ended[stage.ordinal()]++;
        if (stage == Stage.DONE) { // it takes less by now
          whole[size] = nanoseconds(model, request);
        }
        if (i + 1 >= WARM && (i + 1) % 20 == 0) {
          model.generate(request(72, 72, 1, 0));
          assertThat(model.generate(request(32, 32, 4, 0)).pictures().toFloats()).isEqualTo(expected);
          trend.sample(i + 1);
        }
      }
    }
    System.out.printf("soak: cancelled while planning %d, in steps %d, in the decoder %d, after the end %d%n", ended[0],
        ended[1], ended[2], ended[3]);
    assertThat(Arrays.copyOf(ended, 3)).as("cancelled in each stage").doesNotContain(0);
    assertThat(ended[3]).as("after the end").isLessThan(CANCELS / 2);
    trend.assertFlat();
    assertThat(LiveHandles.counts()).as("after the model").isEqualTo(before);
  }

  private static long nanoseconds(Pipeline model, GenerationRequest request) throws Exception {
    long start = System.nanoTime();
    model.generate(request);
    return System.nanoTime() - start;
  }

  private static Stage cancelled(Pipeline model, GenerationRequest request, ScheduledExecutorService clock, long after)
      throws Exception {
    CancellationToken token = new CancellationToken();
    AtomicInteger reached = new AtomicInteger();
    var alarm = clock.schedule(token::cancel, after, TimeUnit.NANOSECONDS);
    Stage stage;
    try {
      model.generate(request, (step, total, preview) -> {
        reached.set(step);
        return true;
      }, token);
      stage = Stage.DONE;
    } catch (CancellationException e) {
      stage = reached.get() == 0 ? Stage.PLANNING : reached.get() < 4 ? Stage.STEPS : Stage.DECODE;
    }
    alarm.get();
    return stage;
  }

  @Test
  void shouldHoldNothingOfModelsThatWereClosed() throws Exception {
    ResidentTrend trend = new ResidentTrend("opens and closes of three families");
    withoutModel();
    List<float[]> expected = null;
    int rounds = WARM / 3 + 1 + OPENS;
    for (int round = 0; round < rounds; round++) {
      List<float[]> made = List.of(
          opened(SD, request(40, 40, 1, 1)),
          opened(UNCLIP, GenerationRequest.prompt("a cat").steps(2).seed(1).prior(2, 1.0).enlargingSteps(2).build()),
          opened(PIXELS, GenerationRequest.unconditional().steps(1).seed(1).build()));
      expected = expected == null ? made : expected;
      for (int i = 0; i < made.size(); i++) {
        assertThat(made.get(i)).isEqualTo(expected.get(i));
      }
      if (round >= rounds - OPENS) {
        trend.sample(3 * (round + 1));
      }
    }
    trend.assertFlat();
  }

  private static float[] opened(Path folder, GenerationRequest request) throws Exception {
    try (Pipeline model = Pipelines.open(folder)) {
      return model.generate(request).pictures().toFloats();
    }
  }

  private static Map<Kind, Long> withoutModel() {
    Backend.named("onednn");
    return LiveHandles.counts();
  }
}
