package dev.langevin.lifecycle;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Precision;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.plan.WeightCache;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Tensor;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Base64;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What is equal bit for bit, and how far from it the rest is: the table of docs/determinism.md. */
class DeterminismTest {

  private static final Path MODEL = Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1");

  private static final Map<Precision, Float> ACROSS_INSTRUCTION_SETS =
      Map.of(Precision.F32, 2e-5f, Precision.BF16, 0.02f, Precision.INT8, 0.05f);

  static List<Precision> precisions() {
    List<Precision> known = new ArrayList<>(List.of(Precision.values()));
    try (Backend backend = Backend.open("onednn", BackendOptions.usual())) {
      known.removeIf(precision -> backend.refusal(precision) != null);
    }
    return known;
  }

  private static LoadOptions.Builder options(Precision precision) {
    return LoadOptions.builder().precision(precision);
  }

  private static GenerationRequest request(long seed, int count) {
    return GenerationRequest.prompt("a fox in (deep:1.2) snow").size(64, 64).steps(2).sampler("euler_a").seed(seed)
        .count(count).build();
  }

  private static float[] made(Pipeline model, GenerationRequest request) {
    return model.generate(request).pictures().toFloats();
  }

  private static float[] made(LoadOptions options) {
    try (Pipeline model = Pipelines.open(MODEL, options)) {
      return made(model, request(7, 1));
    }
  }

  /** Catches what an earlier request leaves behind, and pictures that depend on others of their batch. */
  @ParameterizedTest
  @MethodSource("precisions")
  void shouldMakeTheSameOfARequestFirstLaterAndInABatch(Precision precision) {
    try (Pipeline model = Pipelines.open(MODEL, options(precision).build())) {
      List<float[]> alone = new ArrayList<>();
      for (int seed = 7; seed < 10; seed++) {
        alone.add(made(model, request(seed, 1)));
      }
      assertThat(alone.getFirst()).isNotEqualTo(alone.getLast());
      Tensor batch = model.generate(request(7, 3)).pictures();
      for (int i = 0; i < 3; i++) {
        assertThat(batch.row(i).toFloats()).as("picture " + i).isEqualTo(alone.get(i));
      }
      assertThat(made(model, request(7, 1))).isEqualTo(alone.getFirst());
    }
  }

  /** Catches weights that lie in the cache otherwise than they were packed. */
  @ParameterizedTest
  @MethodSource("precisions")
  void shouldMakeTheSameWithoutACacheFillingItAndFromIt(Precision precision, @TempDir Path folder) throws Exception {
    float[] without = made(options(precision).build());
    List<String> warnings = new ArrayList<>();
    WeightCache cache = new WeightCache(folder, 1L << 30, 0, warnings::add);
    assertThat(made(options(precision).weightCache(cache).build())).isEqualTo(without);
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).isNotEmpty();
    }
    assertThat(made(options(precision).weightCache(cache).build())).isEqualTo(without);
    assertThat(warnings).isEmpty();
  }

  /** Catches networks in turn that are planned otherwise than together. */
  @ParameterizedTest
  @MethodSource("precisions")
  void shouldMakeTheSameWithinAMemoryLimit(Precision precision) {
    GenerationRequest request = request(7, 1);
    try (Pipeline free = Pipelines.open(MODEL, options(precision).build());
        Pipeline limited = Pipelines.open(MODEL,
            options(precision).maxBytes(free.plan(request).peakBytes() - 1).build())) {
      assertThat(limited.plan(request).inTurn()).isTrue();
      assertThat(made(limited, request)).isEqualTo(made(free, request));
    }
  }

  /** Catches addresses, times or a number of threads that a result depends on. */
  @Test
  void shouldMakeTheSameInEveryProcessOnAnyThreads() throws Exception {
    for (int threads = 1; threads <= 2; threads++) {
      Map<Precision, float[]> there = inAnotherProcess(Map.of(), threads);
      assertThat(there.keySet()).containsExactlyElementsOf(precisions());
      there.forEach((precision, pictures) -> assertThat(pictures).as(precision.toString())
          .isEqualTo(made(options(precision).build())));
    }
  }

  /** Catches a kernel of one instruction set that computes something else. */
  @Tag("attack")
  @ParameterizedTest
  @MethodSource("instructionSets")
  void shouldMakeNearlyTheSameOnLesserInstructionSets(Map<String, String> environment) throws Exception {
    Map<Precision, float[]> there = inAnotherProcess(environment, 2);
    assertThat(there).containsKeys(Precision.F32, Precision.INT8);
    there.forEach((precision, pictures) -> assertThat(pictures).as(precision.toString())
        .containsExactly(made(options(precision).build()), Offset.offset(ACROSS_INSTRUCTION_SETS.get(precision))));
  }

  static List<Map<String, String>> instructionSets() {
    return List.of(Map.of("ONEDNN_MAX_CPU_ISA", "AVX512_CORE"),
        Map.of("LANGEVIN_MAX_ISA", "avx2", "ONEDNN_MAX_CPU_ISA", "AVX2"),
        Map.of("LANGEVIN_MAX_ISA", "baseline", "ONEDNN_MAX_CPU_ISA", "SSE41"));
  }

  private static Map<Precision, float[]> inAnotherProcess(Map<String, String> environment, int threads)
      throws Exception {
    Map<Precision, float[]> pictures = new EnumMap<>(Precision.class);
    for (String line : OwnJvm.run(Program.class, environment, List.of(), Integer.toString(threads))) {
      String[] parts = line.split(" ");
      ByteBuffer bytes = ByteBuffer.wrap(Base64.getDecoder().decode(parts[1]));
      float[] numbers = new float[bytes.remaining() / Float.BYTES];
      bytes.asFloatBuffer().get(numbers);
      pictures.put(Precision.valueOf(parts[0]), numbers);
    }
    return pictures;
  }

  /** Prints each precision that the machine has, and the picture that is made in it. */
  static final class Program {

    public static void main(String[] arguments) {
      int threads = Integer.parseInt(arguments[0]);
      try (Backend backend = Backend.open("onednn", BackendOptions.threads(threads))) {
        if (backend.threads() != threads) {
          throw new AssertionError(backend.threads() + " threads");
        }
        for (Precision precision : precisions()) {
          float[] numbers = made(options(precision).build());
          ByteBuffer bytes = ByteBuffer.allocate(numbers.length * Float.BYTES);
          bytes.asFloatBuffer().put(numbers);
          System.out.println(precision + " " + Base64.getEncoder().encodeToString(bytes.array()));
        }
      }
    }
  }
}
