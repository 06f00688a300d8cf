package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Block;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.plan.TimesAhead;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.JsonFiles;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The time's embedding and its projections for many steps as one product each: the same numbers in fewer launches. */
class TimesAheadTest {

  private static final Path MODELS = Path.of("../engine/src/test/resources/reference");
  private static final String SD = "pipelines_sd/_models/sd1";
  private static final String XL = "pipelines_sdxl/_models/base";
  private static final float[] TIMES = {999, 500, 1, 20};
  private static final int BATCH = 2;

  @BeforeAll
  static void requireDriver() {
    EmulatedDriver.require();
  }

  @BeforeEach
  @AfterEach
  void reset() {
    EmulatedDriver.control("reset");
  }

  private static Graph graph(String model) throws IOException {
    if (model.startsWith("unet2d/")) {
      UNet2DConfig pixels = UNet2DConfig.of(JsonFiles.read(MODELS.resolve(model).resolve("model/unet/config.json")));
      return UNet2D.graph(pixels, BATCH, 8, 8);
    }
    UNetConditionConfig config =
        UNetConditionConfig.of(JsonFiles.read(MODELS.resolve(model).resolve("unet/config.json")));
    return UNet2DCondition.graph(config, BATCH, 8, 8, 5, config.textTime() ? 6 : 0, 0, false);
  }

  private static Tensor noise(String name, Shape shape) {
    Random random = new Random(name.hashCode());
    float[] values = new float[Math.toIntExact(shape.elements())];
    double deviation = shape.rank() == 1 ? 0.5 : Math.sqrt((double) shape.dim(0) / shape.elements());
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (random.nextGaussian() * deviation);
    }
    return Tensor.ofFloats(values, shape.dims());
  }

  private static Plan plan(Backend backend, Precision precision, Graph graph) {
    Map<String, Shape> stored = graph.storedWeights();
    Plan plan = new Planner(backend, precision).plan(graph, name -> noise(name, stored.get(name)));
    plan.in("sample").write(noise("sample", plan.in("sample").shape()));
    for (String name : List.of("encoder_hidden_states", "text_embeds", "time_ids", "class_labels")) {
      if (plan.hasInput(name) && plan.in(name).dtype() == DType.I64) {
        plan.in(name).write(new long[] {3, 1});
      } else if (plan.hasInput(name)) {
        plan.in(name).write(noise(name, plan.in(name).shape()));
      }
    }
    return plan;
  }

  /** Answers at each time, and kernels that ran for the last one. */
  private record Answers(List<float[]> each, long kernels) {}

  private static Answers answers(Backend backend, Precision precision, Graph graph) {
    return backend.call(() -> {
      try (Plan plan = plan(backend, precision, graph)) {
        boolean ahead = plan.hasInput(TimesAhead.ROW);
        if (ahead) {
          float[] times = new float[TIMES.length * BATCH];
          for (int i = 0; i < times.length; i++) {
            times[i] = TIMES[i / BATCH];
          }
          plan.in("timestep").write(times);
        }
        plan.prepare();
        List<float[]> each = new ArrayList<>();
        long kernels = 0;
        for (int i = 0; i < TIMES.length; i++) {
          if (ahead) {
            Block row = plan.in(TimesAhead.ROW).block();
            row.copyFrom(plan.out(TimesAhead.TABLE).block().slice(i * row.bytes(), row.bytes()));
          } else {
            plan.in("timestep").fill(TIMES[i]);
          }
          long before = EmulatedDriver.count("kernels");
          plan.run();
          kernels = EmulatedDriver.count("kernels") - before;
          each.add(plan.out("out").toFloats());
        }
        return new Answers(each, kernels);
      }
    });
  }

  /** Catches a row of another time or sample, and, in f16, one that was rounded. */
  @ParameterizedTest
  @CsvSource({SD + ",reference,F32", SD + ",cuda,F32", SD + ",cuda,F16", XL + ",reference,F32", XL + ",cuda,F32",
      XL + ",cuda,F16", "unet2d/class_embedding,cuda,F32", "unet2d/class_timestep,cuda,F32"})
  void shouldComputeTheSameOfATable(String model, String name, Precision precision) throws IOException {
    Graph graph = graph(model);
    float within = name.equals("reference") ? 1e-6f : 0; // which rounds what is not folded into a layer
    Graph ahead = TimesAhead.of(graph, "timestep", TIMES.length);
    assertThat(ahead.outputs()).containsKey(TimesAhead.TABLE);
    try (Backend backend = Backend.open(name, BackendOptions.usual())) {
      Answers plain = answers(backend, precision, graph);
      Answers tabled = answers(backend, precision, ahead);
      for (int i = 0; i < TIMES.length; i++) {
        assertThat(tabled.each.get(i)).as("time " + TIMES[i]).containsExactly(plain.each.get(i), offset(within));
      }
      assertThat(plain.each.get(0)).isNotEqualTo(plain.each.get(1));
      if (name.equals("cuda")) {
        System.out.printf("%s, %s: %d kernels a step, with the times ahead %d%n", model, precision, plain.kernels,
            tabled.kernels);
        long blocks = graph.nodes().stream().filter(node -> node.output().name().endsWith("time_emb_proj")).count();
        assertThat(blocks).isPositive();
        assertThat(plain.kernels - tabled.kernels).isGreaterThanOrEqualTo(blocks + 3); // and the embedding's own
      }
    }
  }

  @Test
  void shouldLeaveAGraphAsItIsWhereNothingCanBeComputedAhead() throws IOException {
    assertThat(TimesAhead.of(graph(SD), "timestep", 0).inputs()).doesNotContainKey(TimesAhead.ROW);
    GraphBuilder b = new GraphBuilder();
    Value time = b.input("timestep", DType.F32, 2);
    Value row = b.linear("narrow", b.timeEmbedding("embedding", time, 8, true, 0), 3, true); // no whole lines of memory
    b.output("out", b.add("sum", b.input("in", DType.F32, 2, 4, 3), row));
    Graph narrow = b.build();
    assertThat(TimesAhead.of(narrow, "timestep", 4)).isSameAs(narrow);
    GraphBuilder direct = new GraphBuilder();
    direct.output("out", direct.activate("act", direct.timeEmbedding("embedding",
        direct.input("timestep", DType.F32, 2), 16, true, 0), Activation.SILU));
    Graph answer = direct.build();
    assertThat(TimesAhead.of(answer, "timestep", 4)).isSameAs(answer);
  }

  private static GenerationRequest.Builder request(String prompt, int steps) {
    return GenerationRequest.prompt(prompt).negativePrompt("blurry").size(16, 16).steps(steps).seed(1);
  }

  private static Pipeline open(String model, String backend) {
    return Pipelines.open(MODELS.resolve(model),
        LoadOptions.builder().backend(backend).precision(Precision.F32).build());
  }

  /** More calls than the table has rows; a text that changes within a run; times that nobody knows before. */
  @ParameterizedTest
  @CsvSource({"a fox, 40, EulerDiscreteScheduler", "a [cat:dog:0.5], 6, EulerDiscreteScheduler",
      "a fox, 20, HeunDiscreteScheduler",
      "a fox, 10, dpm_adaptive"})
  void shouldMakeThePictureOfABackendThatComputesEachTime(String prompt, int steps, String sampler) {
    GenerationRequest asked = request(prompt, steps).sampler(sampler).build();
    List<float[]> made = new ArrayList<>();
    for (String backend : List.of("reference", "cuda")) {
      try (Pipeline model = open(SD, backend)) {
        made.add(model.generate(asked).pictures().toFloats());
      }
    }
    double difference = HalfValuesTest.difference(made.get(1), made.get(0));
    System.out.printf("%s, %d steps of %s: differs by %.1e%n", prompt, steps, sampler, difference);
    assertThat(difference).isLessThan(1e-4);
  }

  /** The prior, the decoder and the network that enlarges, each with more calls than the table has rows. */
  @Test
  void shouldMakeThePictureOfUnClip() {
    GenerationRequest asked =
        GenerationRequest.prompt("a fox").steps(34).prior(34, 2.0).enlargingSteps(35).guidance(2.0)
            .seed(1).build();
    List<float[]> made = new ArrayList<>();
    for (String backend : List.of("reference", "cuda")) {
      try (Pipeline model = open("pipelines_unclip/_models/karlo", backend)) {
        made.add(model.generate(asked).pictures().toFloats());
      }
    }
    double difference = HalfValuesTest.difference(made.get(1), made.get(0));
    System.out.printf("unCLIP: differs by %.1e%n", difference);
    assertThat(difference).isLessThan(1e-3);
  }

  /** Catches a table, or a text, that is another run's: when this one goes on, and when it needs further times. */
  @ParameterizedTest
  @ValueSource(strings = {SD, XL})
  void shouldMakeTheSameBesideAnotherRun(String name) throws Exception {
    GenerationRequest asked = request("a fox", 36).sampler("DDIMScheduler").build();
    GenerationRequest other = request("a boat on a lake", 3).sampler("EulerDiscreteScheduler").build();
    try (Pipeline model = open(name, "cuda")) {
      float[] alone = model.generate(asked).pictures().toFloats();
      float[] otherAlone = model.generate(other).pictures().toFloats();
      List<CompletableFuture<float[]>> beside = new ArrayList<>();
      float[] together = model.generate(asked, (done, calls, preview) -> {
        if (done == 5 || done == 30) { // the shorter one goes first
          beside.add(CompletableFuture.supplyAsync(() -> model.generate(other).pictures().toFloats()));
          try {
            beside.getLast().get(60, TimeUnit.SECONDS);
          } catch (Exception e) {
            throw new CancellationException("the other run did not end: " + e);
          }
        }
        return true;
      }, new CancellationToken()).pictures().toFloats();
      assertThat(together).containsExactly(alone);
      assertThat(beside).hasSize(2);
      for (CompletableFuture<float[]> each : beside) {
        assertThat(each.get()).containsExactly(otherAlone);
      }
    }
  }
}
