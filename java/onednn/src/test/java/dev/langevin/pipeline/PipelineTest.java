package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.MemoryLimitException;
import dev.langevin.request.RequestPlan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import jdk.jfr.Recording;
import jdk.jfr.consumer.RecordedEvent;
import jdk.jfr.consumer.RecordingFile;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** One small model, many requests at once, and requests that end early. */
class PipelineTest {

  private static final Path FOLDER = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");

  private static Pipeline model;

  @BeforeAll
  static void load() {
    model = Pipelines.open(FOLDER);
  }

  @AfterAll
  static void close() {
    model.close();
  }

  private static GenerationRequest.Builder request(String prompt) {
    return GenerationRequest.prompt(prompt).size(40, 40).steps(4).sampler("euler_a");
  }

  private static GenerationRequest varied(int i) {
    return request("a cat in " + i + " hats, (red:1." + i % 7 + ")").seed(i).size(i % 3 == 0 ? 48 : 40, 40)
        .clipSkip(i % 2).build();
  }

  /** Catches plans, noise or prompts that one request shares with another. */
  @Test
  void shouldGiveSixtyFourThreadsWhatEachGetsAlone() throws InterruptedException {
    int threads = 64;
    List<float[]> alone = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      alone.add(model.generate(varied(i)).pictures().toFloats());
    }
    float[][] together = new float[threads][];
    CountDownLatch start = new CountDownLatch(1);
    List<Thread> running = new ArrayList<>();
    for (int i = 0; i < threads; i++) {
      int own = i;
      running.add(Thread.ofPlatform().start(() -> {
        try {
          start.await();
          together[own] = model.generate(varied(own)).pictures().toFloats();
        } catch (InterruptedException e) {
          throw new AssertionError(e);
        }
      }));
    }
    start.countDown();
    for (Thread thread : running) {
      thread.join();
    }
    for (int i = 0; i < threads; i++) {
      assertThat(together[i]).as("request " + i).isEqualTo(alone.get(i));
    }
  }

  /** Catches a picture of a batch that depends on the others: picture k has the seed of its own. */
  @Test
  void shouldMakeEachPictureOfABatchAlone() {
    Generation batch = model.generate(request("a cat").seed(7).count(3).build());
    for (int k = 0; k < 3; k++) {
      Generation single = model.generate(request("a cat").seed(batch.seed(k)).build());
      float[] expected = single.pictures().toFloats();
      float[] actual = batch.pictures().row(k).toFloats();
      for (int i = 0; i < expected.length; i++) { // other kernels may serve other batches: rounding differs
        assertThat(actual[i]).as("picture " + k + " at " + i).isCloseTo(expected[i],
            org.assertj.core.data.Offset.offset(2e-4f));
      }
    }
  }

  /** Catches what a cancelled request leaves behind, and steps that it still makes. */
  @Test
  void shouldEndWithinOneStepAndHoldNothingAfterwards() throws Exception {
    GenerationRequest request = request("a cat").size(128, 128).count(4).steps(50).build();
    for (int i = 0; i < 30; i++) {
      cancelled(request, i);
    }
    long before = residentKilobytes();
    for (int i = 0; i < 100; i++) {
      cancelled(request, i);
    }
    assertThat(residentKilobytes() - before).as("kilobytes more than before").isLessThan(64 << 10); // a run holds 3 MB
                                                                                                    // beside its plans
    assertThat(model.generate(request("a cat").build()).pictures().toFloats())
        .isEqualTo(model.generate(request("a cat").build()).pictures().toFloats());
  }

  /** In turn by token, by the listener and by interrupt, in the third step. */
  private static void cancelled(GenerationRequest request, int way) throws InterruptedException {
    CancellationToken token = new CancellationToken();
    AtomicInteger steps = new AtomicInteger();
    AtomicReference<Throwable> thrown = new AtomicReference<>();
    AtomicReference<Thread> caller = new AtomicReference<>();
    GenerationListener listener = (step, total, preview) -> {
      steps.set(step);
      if (step == 3) {
        switch (way % 3) {
          case 0 -> token.cancel();
          case 1 -> caller.get().interrupt();
          default -> {
            return false;
          }
        }
      }
      return true;
    };
    caller.set(Thread.ofPlatform().unstarted(() -> {
      try {
        model.generate(request, listener, token);
      } catch (Throwable e) {
        thrown.set(e);
      }
    }));
    caller.get().start();
    caller.get().join();
    assertThat(thrown.get()).isInstanceOf(CancellationException.class);
    assertThat(steps.get()).isBetween(3, way % 3 == 1 ? 5 : 3); // an interrupt takes its way over the waiting thread
  }

  private static long residentKilobytes() throws IOException, InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(50); // memory of tensors is freed by a cleaner's thread
    }
    for (String line : Files.readAllLines(Path.of("/proc/self/status"))) {
      if (line.startsWith("VmRSS:")) {
        return Long.parseLong(line.replaceAll("\\D", ""));
      }
    }
    throw new IOException("no VmRSS");
  }

  /** Catches a request that waits for others and cannot be called off until they are done. */
  @Test
  void shouldCallOffARequestThatWaits() throws Exception {
    CountDownLatch begun = new CountDownLatch(1);
    CountDownLatch goOn = new CountDownLatch(1);
    CompletableFuture<Generation> first = model.generateAsync(request("a cat").build(), (step, total, preview) -> {
      begun.countDown();
      try {
        return goOn.await(30, TimeUnit.SECONDS);
      } catch (InterruptedException e) {
        return false;
      }
    });
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    CancellationToken token = new CancellationToken();
    CompletableFuture<Throwable> second = new CompletableFuture<>();
    Thread.ofVirtual().start(() -> {
      try {
        model.generate(request("a dog").build(), GenerationListener.NONE, token);
      } catch (CancellationException e) {
        second.complete(e);
      }
    });
    token.cancel();
    assertThat(second.get(10, TimeUnit.SECONDS)).hasMessage("the request was cancelled");
    goOn.countDown();
    assertThat(first.get(30, TimeUnit.SECONDS).pictures().shape()).isEqualTo(Shape.of(1, 3, 40, 40));
  }

  /** Catches a cancelled future whose request runs on. */
  @Test
  void shouldCancelARequestWithItsFuture() throws Exception {
    AtomicInteger last = new AtomicInteger();
    CountDownLatch begun = new CountDownLatch(1);
    CompletableFuture<Generation> future = model.generateAsync(request("a cat").steps(900).sampler("ddpm").build(),
        (step, total, preview) -> {
          last.set(step);
          begun.countDown();
          return true;
        });
    assertThat(begun.await(30, TimeUnit.SECONDS)).isTrue();
    future.cancel(true);
    model.generate(request("a cat").build()); // gets its turn only when the other has ended
    assertThat(last.get()).isLessThan(900);
  }

  /**
   * Catches networks that are not freed when their part is done, or that give something else when they are planned
   * again.
   */
  @Test
  void shouldHoldOneNetworkAtATimeWhereAllDoNotFit() {
    GenerationRequest request = request("a cat").size(64, 64).count(2).build();
    long needed = model.plan(request).peakBytes();
    try (Pipeline limited = Pipelines.open(FOLDER, LoadOptions.builder().maxBytes(needed - 1).build())) {
      RequestPlan plan = limited.plan(request);
      assertThat(plan.inTurn()).isTrue();
      assertThat(plan.peakBytes()).isLessThan(needed).isGreaterThanOrEqualTo(plan.networks().get("unet").bytes());
      for (int i = 0; i < 2; i++) {
        assertThat(limited.generate(request).pictures().toFloats())
            .isEqualTo(model.generate(request).pictures().toFloats());
      }
      assertThat(limited.plan(request("a cat").build()).inTurn()).isFalse();
    }
  }

  /** Catches a limit that is not kept, or not told. */
  @Test
  void shouldRefuseWhatTakesMoreMemoryThanAllowed() {
    try (Pipeline limited = Pipelines.open(FOLDER, LoadOptions.builder().maxBytes(1_000_000).build())) {
      GenerationRequest large = request("a cat").size(256, 256).count(2).build();
      assertThatThrownBy(() -> limited.generate(large)).isInstanceOf(MemoryLimitException.class)
          .hasMessageContaining("the request takes " + limited.plan(large).peakBytes() + " bytes (text_encoder ")
          .hasMessageContaining("one network at a time)")
          .hasMessageContaining("the limit is 1000000 bytes; use a smaller picture or batch");
      assertThat(limited.generate(request("a cat").build()).pictures()).isNotNull();
    }
  }

  /** Catches a preview that is not of the sample's size or holds nothing. */
  @Test
  void shouldShowThePictureOnItsWay() {
    List<Integer> widths = new ArrayList<>();
    model.generate(request("a cat").size(48, 40).count(2).build(), (step, total, preview) -> {
      assertThat(preview.latents().shape().dim(0)).isEqualTo(2);
      assertThat(preview.images()).hasSize(2);
      widths.add(preview.images().get(1).getWidth());
      return true;
    }, new CancellationToken());
    assertThat(widths).hasSize(4).containsOnly(12);
  }

  @ParameterizedTest
  @ValueSource(strings = {"size", "size of image", "mask", "sampler", "clip", "control", "strength"})
  void shouldNameWhatDoesNotFitTheModel(String fault) {
    Tensor image = Tensor.allocate(DType.F32, Shape.of(3, 40, 40));
    GenerationRequest.Builder request = request("a cat");
    String message = switch (fault) {
      case "size" -> {
        request.size(41, 40);
        yield "the size is 41x40; both sides must be multiples of 4";
      }
      case "size of image" -> {
        request.size(48, 40).image(image);
        yield "the image is 40x40, the pictures are 48x40; resize it first";
      }
      case "mask" -> {
        request.image(image).mask(Tensor.allocate(DType.F32, Shape.of(1, 20, 20)));
        yield "the mask is 20x20, the pictures are 40x40; resize it first";
      }
      case "sampler" -> {
        request.sampler("nonsense");
        yield "there is no sampler nonsense; known are";
      }
      case "clip" -> {
        request.clipSkip(99);
        yield "clipSkip is 99, this text encoder can leave out";
      }
      case "control" -> {
        request.controls(List.of(new GenerationRequest.ControlImage(image, 1, 0, 1, false)));
        yield "there are 0 control networks, the request has 1 control pictures";
      }
      default -> {
        request.image(image).strength(0.1);
        yield "a strength of 0.1 leaves none of 4 steps; use more steps or a higher strength";
      }
    };
    assertThatIllegalArgumentException().isThrownBy(() -> model.generate(request.build()))
        .withMessageContaining(message);
  }

  /** Catches what a request asks for and nothing reads. */
  @Test
  void shouldRefuseOrTellWhatNothingReads() {
    assertThatIllegalArgumentException().isThrownBy(() -> model.generate(request("a cat").strength(0.5).build()))
        .withMessageContaining("strength is 0.5, but there is no picture to begin with");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.generate(request("a cat").guidance(1.0).guidanceRescale(0.5).build()))
        .withMessageContaining("guidanceRescale is 0.5, but nothing is guided by a guidance of 1.0");
    assertThatIllegalArgumentException().isThrownBy(() -> model.generate(request("a cat").noiseLevel(50).build()))
        .withMessageContaining("has no noise level");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> model.generate(request("a cat").secondPrompts("a dog", null).build()))
        .withMessageContaining("has no second prompt");
    assertThat(model.generate(request("a cat").steps(1).guidance(1.0).negativePrompt("fog").build()).warnings())
        .containsExactly("the negative prompt is not read, as nothing is guided; guide by more than 1");
  }

  /** Catches a cut prompt that nobody is told of. */
  @Test
  void shouldTellWhatWasCutFromAPlainPrompt() {
    Generation made = model.generate(
        request("one cat, ".repeat(60) + "the end").syntax(GenerationRequest.PromptSyntax.PLAIN).steps(1).build());
    assertThat(made.warnings()).hasSize(1);
    assertThat(made.warnings().getFirst()).contains("this was cut: ").endsWith("the end");
    assertThat(model.generate(request("one cat, ".repeat(60)).steps(1).build()).warnings()).isEmpty();
  }

  /** Catches events that are not recorded, or without their figures. */
  @Test
  void shouldRecordLoadPlanStepAndDecode(@TempDir Path folder) throws IOException {
    Path file = folder.resolve("events.jfr");
    try (Recording recording = new Recording()) {
      recording.start();
      try (Pipeline loaded = Pipelines.open(FOLDER)) {
        loaded.generate(request("a cat").steps(3).build());
      }
      recording.stop();
      recording.dump(file);
    }
    List<RecordedEvent> events = RecordingFile.readAllEvents(file).stream()
        .filter(event -> event.getEventType().getName().startsWith("dev.langevin.")).toList();
    assertThat(events).filteredOn(event -> event.getEventType().getName().equals("dev.langevin.Load")).hasSize(1);
    assertThat(events).filteredOn(event -> event.getEventType().getName().equals("dev.langevin.Step")).hasSize(3);
    assertThat(events).filteredOn(event -> event.getEventType().getName().equals("dev.langevin.Request"))
        .singleElement().satisfies(event -> assertThat(event.getBoolean("done")).isTrue());
    assertThat(events).filteredOn(event -> event.getEventType().getName().equals("dev.langevin.Decode"))
        .singleElement().satisfies(event -> assertThat(event.getInt("width")).isEqualTo(40));
    assertThat(events).filteredOn(event -> event.getEventType().getName().equals("dev.langevin.Plan"))
        .extracting(event -> event.getString("network")).contains("text_encoder", "unet", "vae.decoder");
  }
}
