package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.bindings.LiveHandles.Kind;
import dev.langevin.bindings.LiveHandles;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.MemoryLimitException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.CancellationException;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** A server that asks for what each request takes, has a limit, refuses, is called off: what it holds does not grow. */
class NativeMemoryTest {

  private static final Path FOLDER = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");
  private static final GenerationRequest REQUEST = sized(32);

  /** Where nothing leaks, a call keeps none; where descriptors do, 18 MB. */
  private static final long MOST_KILOBYTES = 64 << 10;

  private static GenerationRequest sized(int side) {
    return GenerationRequest.prompt("a fox").size(side, side).steps(1).build();
  }

  private static Map<Kind, Long> withoutModel() {
    Backend.named("onednn");
    return LiveHandles.counts();
  }

  private static void assertSteady(long limit, int times, Consumer<Pipeline> request) throws Exception {
    Map<Kind, Long> before = withoutModel();
    try (Pipeline model = Pipelines.open(FOLDER, LoadOptions.builder().maxBytes(limit).build())) {
      for (int i = 0; i < 10; i++) { // fills oneDNN's own cache of primitives
        request.accept(model);
      }
      Map<Kind, Long> warm = LiveHandles.counts();
      long resident = residentKilobytes();
      for (int i = 0; i < times; i++) {
        request.accept(model);
      }
      assertThat(LiveHandles.counts()).isEqualTo(warm);
      assertThat(residentKilobytes() - resident).as("kilobytes more after %d calls", times).isLessThan(MOST_KILOBYTES);
    }
    assertThat(LiveHandles.counts()).as("after the model").isEqualTo(before);
  }

  @Test
  void shouldHoldNothingOfSizings() throws Exception {
    assertSteady(Long.MAX_VALUE, 60, model -> model.plan(REQUEST));
  }

  @Test
  void shouldHoldNothingOfRefusedRequests() throws Exception {
    assertSteady(100_000, 30,
        model -> assertThatThrownBy(() -> model.generate(REQUEST)).isInstanceOf(MemoryLimitException.class));
  }

  @Test
  void shouldHoldNothingOfRequestsUnderALimit() throws Exception {
    assertSteady(1L << 30, 20, model -> model.generate(REQUEST));
  }

  @Test
  void shouldHoldNothingOfCancelledRequests() throws Exception {
    GenerationRequest request = GenerationRequest.prompt("a fox").size(32, 32).steps(2).build();
    assertSteady(Long.MAX_VALUE, 100,
        model -> assertThatThrownBy(
            () -> model.generate(request, (step, total, preview) -> step < 1, new CancellationToken()))
                .isInstanceOf(CancellationException.class));
  }

  @Test
  void shouldHoldNothingOfSizesInTurn() throws Exception {
    assertSteady(Long.MAX_VALUE, 20, model -> {
      model.generate(sized(32));
      model.generate(sized(40));
    });
  }

  private static long residentKilobytes() throws IOException, InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(50); // memory of tensors is freed by a cleaner's thread
    }
    return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS:"))
        .findFirst().map(line -> Long.parseLong(line.replaceAll("\\D", ""))).orElseThrow();
  }
}
