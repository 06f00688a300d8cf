package dev.langevin.cuda;

import static dev.langevin.cuda.EmulatedDriver.control;
import static dev.langevin.cuda.EmulatedDriver.count;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Precision;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.plan.PlanSize;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.MemoryLimitException;
import dev.langevin.request.RequestPlan;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a device has is known before a request begins: it fits, or it is refused with the figures. */
class CudaCapacityTest {

  private static final Path MODEL = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");
  private static final GenerationRequest SMALL = sized(16);
  private static final GenerationRequest LARGE = sized(48);

  private static GenerationRequest sized(int side) {
    return GenerationRequest.prompt("a fox").size(side, side).steps(2).seed(1).build();
  }

  @BeforeAll
  static void requireDriver() {
    EmulatedDriver.require();
  }

  private long blocks; // that other tests have lost with a device

  @BeforeEach
  void reset() {
    control("reset");
    blocks = count("blocks");
  }

  @AfterEach
  void requireAllBack() {
    control("reset");
    assertThat(count("blocks")).isEqualTo(blocks);
  }

  /** In f32, where both sizes share all weights: in 16 bits layers of few rows, as of a tiny picture, keep f32. */
  private static LoadOptions.Builder options() {
    return LoadOptions.builder().backend("cuda").precision(Precision.F32);
  }

  private static Pipeline open() {
    return Pipelines.open(MODEL, options().build());
  }

  private static RequestPlan planned(GenerationRequest request) {
    try (Pipeline model = open()) {
      return model.plan(request);
    }
  }

  private static float[] pictures(Pipeline model, GenerationRequest request) {
    return model.generate(request).pictures().toFloats();
  }

  private static float[] expected(GenerationRequest request) {
    try (Pipeline model = open()) {
      return pictures(model, request);
    }
  }

  @Test
  void shouldTakeWhatWasPlanned() {
    try (Pipeline model = open()) {
      long planned = model.plan(LARGE).peakBytes();
      pictures(model, LARGE);
      // Steps of the sampler's table and graphs' parts are blocks beside those of networks.
      assertThat(count("peak")).isBetween(planned * 3 / 4, planned * 9 / 8);
    }
  }

  @Test
  void shouldRefuseWithTheFiguresBeforeAnythingIsAsked() {
    RequestPlan plan = planned(LARGE);
    float[] small = expected(SMALL);
    control("memory=" + plan.networks().values().stream().mapToLong(PlanSize::bytes).max().orElseThrow() / 2);
    try (Pipeline model = open()) {
      long launches = count("launches");
      long blocks = count("blocks");
      assertThatThrownBy(() -> model.generate(LARGE)).isInstanceOf(MemoryLimitException.class)
          .hasMessageContaining("the request takes ").hasMessageMatching("(?s).*, cuda:0 has \\d+ bytes for it; use.*");
      assertThat(count("launches")).isEqualTo(launches);
      assertThat(count("blocks")).isEqualTo(blocks);
    }
    control("reset");
    assertThat(expected(SMALL)).containsExactly(small);
  }

  /** Catches a device that is filled with what may come again. */
  @Test
  void shouldMakeRoomForAnotherSize() {
    float[] small = expected(SMALL);
    float[] large = expected(LARGE);
    control("memory=" + planned(LARGE).peakBytes() * 5 / 4);
    try (Pipeline model = open()) {
      for (int i = 0; i < 2; i++) {
        assertThat(pictures(model, SMALL)).containsExactly(small);
        assertThat(pictures(model, LARGE)).containsExactly(large);
      }
    }
  }

  @Test
  void shouldHoldTheLimitOfTheUser() {
    long planned = planned(LARGE).peakBytes();
    float[] large = expected(LARGE);
    long unlimited = count("peak");
    control("reset"); // the peak, too
    try (Pipeline model =
        Pipelines.open(MODEL, options().maxBytes(planned * 3 / 4).build())) {
      assertThat(model.plan(LARGE).inTurn()).isTrue();
      assertThat(pictures(model, LARGE)).containsExactly(large);
      assertThat(count("peak")).isLessThan(unlimited - planned / 16);
    }
    try (Pipeline model = Pipelines.open(MODEL, options().maxBytes(1000).build())) {
      assertThatThrownBy(() -> model.generate(LARGE)).isInstanceOf(MemoryLimitException.class)
          .hasMessageContaining(", the limit is 1000 bytes; use");
    }
  }
}
