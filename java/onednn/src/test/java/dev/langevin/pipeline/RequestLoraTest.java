package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Precision;
import dev.langevin.bindings.LiveHandles;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.WeightCache;
import dev.langevin.policy.Policy;
import dev.langevin.policy.RefusedException;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.MemoryLimitException;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.CancellationException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/** Low-rank updates that requests bring, over weights that are there once. */
class RequestLoraTest extends RequestLoraTestBase {

  /** Catches a kind that is merged otherwise by request, or that stays in the weights after it. */
  @ParameterizedTest
  @EnumSource
  void shouldMakeThePictureOfAModelThatWasLoadedWithIt(LoraFiles kind) {
    Path lora = file(kind, 1);
    float[] expected = loaded(options -> options.lora(lora, 0.8, 0.5), request());
    assertThat(expected).isNotEqualTo(base);
    assertThat(pixels(model, request().lora(lora, 0.8, 0.5))).isEqualTo(expected);
    assertThat(pixels(model, request())).isEqualTo(base);
    assertThat(pixels(model, request().lora(lora, 0.8, 0.5))).isEqualTo(expected); // of plans that were kept
    assertThat(pixels(model, request().lora(lora, 0.3, 0.5)))
        .isEqualTo(loaded(options -> options.lora(lora, 0.3, 0.5), request()));
  }

  /** Catches a base that was packed with updates, where the first request brings some. */
  @Test
  void shouldMakeThePictureOfTheModelAfterUpdatesThatCameFirst() {
    Path lora = file(LoraFiles.LORA, 1);
    try (Pipeline own = Pipelines.open(FOLDER)) {
      pixels(own, request().lora(lora, 1));
      assertThat(pixels(own, request())).isEqualTo(base);
    }
  }

  /** Catches a stack in another order, and updates or tokens of the loading that are lost under those of a request. */
  @Test
  void shouldStackUpdatesOnThoseThatTheModelWasLoadedWith() {
    Path first = file(LoraFiles.DORA, 1);
    Path second = file(LoraFiles.BUNDLE, 2);
    Path third = file(LoraFiles.LOHA, 3);
    Path token = folder.resolve("scarf.safetensors");
    LoraFiles.write(token, Map.of("emb_params", Shape.of(1, 32)), 9);
    float[] expected = loaded(options -> options.lora(first, 0.7).lora(second, 0.5).lora(third, 0.2)
        .embedding(token, null), scarf());
    try (Pipeline own = Pipelines.open(FOLDER,
        LoadOptions.builder().lora(first, 0.7).embedding(token, null).build())) {
      float[] before = pixels(own, scarf());
      assertThat(before).isNotEqualTo(expected);
      assertThat(pixels(own, scarf().lora(second, 0.5).lora(third, 0.2))).isEqualTo(expected);
      assertThat(pixels(own, scarf())).isEqualTo(before);
    }
  }

  private static GenerationRequest.Builder scarf() {
    return request().prompts(List.of("a cat in a hat and a scarf"));
  }

  /** Catches weights of reduced precision that are made of others than the sums. */
  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "F32")
  void shouldPackSumsInThePrecisionOfTheModel(Precision precision) {
    if (Backend.named("onednn").refusal(precision) != null) {
      return; // this machine has none
    }
    Path lora = file(LoraFiles.LORA, 1);
    float[] expected = loaded(options -> options.precision(precision).lora(lora, 0.8), request());
    try (Pipeline own = Pipelines.open(FOLDER, LoadOptions.builder().precision(precision).build())) {
      pixels(own, request());
      assertThat(pixels(own, request().lora(lora, 0.8))).isEqualTo(expected);
    }
  }

  /** Catches a second text encoder that takes the first one's updates, or none. */
  @Test
  void shouldUpdateBothTextEncoders() {
    Path xl = MODELS.resolve("pipelines_sdxl/_models/base");
    Path lora = folder.resolve("xl.safetensors");
    LoraFiles.write(lora, new TreeMap<>(Map.of(
        "lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight", Shape.of(2, 32),
        "lora_te1_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight", Shape.of(32, 2),
        "lora_te2_text_model_encoder_layers_0_self_attn_q_proj.lora_down.weight", Shape.of(2, 24),
        "lora_te2_text_model_encoder_layers_0_self_attn_q_proj.lora_up.weight", Shape.of(24, 2))), 1);
    float[] expected;
    try (Pipeline own = Pipelines.open(xl, LoadOptions.builder().lora(lora, 0.8).build())) {
      expected = pixels(own, request());
    }
    try (Pipeline own = Pipelines.open(xl)) {
      assertThat(pixels(own, request())).isNotEqualTo(expected);
      assertThat(pixels(own, request().lora(lora, 0.8))).isEqualTo(expected);
    }
  }

  /** Catches runs that meet in one plan's weights, and a turn that packs another's. */
  @Test
  void shouldServeDifferentUpdatesAtOnce() {
    List<UnaryOperator<GenerationRequest.Builder>> requests = new ArrayList<>();
    requests.add(request -> request);
    for (LoraFiles kind : LoraFiles.values()) {
      Path lora = file(kind, 5);
      requests.add(request -> request.lora(lora, 0.6));
    }
    List<float[]> alone = requests.stream().map(each -> pixels(model, each.apply(request().steps(5)))).toList();
    try (Pipeline own = Pipelines.open(FOLDER)) {
      List<CompletableFuture<float[]>> together = IntStream.range(0, 3 * requests.size())
          .mapToObj(i -> CompletableFuture
              .supplyAsync(() -> pixels(own, requests.get(i % requests.size()).apply(request().steps(5)))))
          .toList();
      for (int i = 0; i < together.size(); i++) {
        assertThat(together.get(i).join()).as("request " + i).isEqualTo(alone.get(i % requests.size()));
      }
    }
  }

  private static long used() {
    try (Backend backend = Backend.open("onednn", BackendOptions.usual())) {
      return backend.memory().used();
    }
  }

  /** Catches weights that are packed again though nothing changes them, and sets of updates that are never given up. */
  @Test
  void shouldHoldUnchangedWeightsOnce() {
    try (Pipeline kept = Pipelines.open(FOLDER, LoadOptions.builder().keptUpdates(2).build())) {
      long before = used();
      pixels(kept, request());
      long alone = used() - before;
      long own = 0;
      List<Long> with = new ArrayList<>();
      for (int seed = 1; seed <= 4; seed++) {
        GenerationRequest.Builder request = request().lora(file(LoraFiles.LORA, seed), 1);
        Map<String, PlanSize> sizes = kept.plan(request.build()).networks();
        PlanSize unet = sizes.get("unet");
        PlanSize text = sizes.get("text_encoder");
        assertThat(unet.updated()).isPositive().isLessThan(unet.weights() / 20);
        own = unet.updated() + unet.activations() + unet.scratch()
            + text.updated() + text.activations() + text.scratch();
        assertThat(sizes.values().stream().filter(size -> size.updated() > 0)).hasSize(2); // not the autoencoder
        pixels(kept, request);
        with.add(used() - before);
      }
      assertThat(with.get(0)).isEqualTo(alone + own);
      assertThat(with.get(1)).isEqualTo(alone + 2 * own);
      assertThat(with.get(2)).isEqualTo(with.get(1));
      assertThat(with.get(3)).isEqualTo(with.get(1));
    }
  }

  /** Catches a run under a limit that begins though its weights do not fit beside another's. */
  @Test
  void shouldKeepToTheLimitOfMemory() {
    Path lora = file(LoraFiles.LORA, 1);
    Path other = file(LoraFiles.DIFFERENCES, 1);
    float[] first = pixels(model, request().lora(lora, 1));
    float[] second = pixels(model, request().lora(other, 1));
    long peak = model.plan(request().lora(lora, 1).build()).peakBytes();
    for (long room : new long[] {0, peak / 2, 3 * peak}) {
      long limit = Math.max(peak, model.plan(request().lora(other, 1).build()).peakBytes()) + room;
      long before = used();
      try (Pipeline own = Pipelines.open(FOLDER, LoadOptions.builder().maxBytes(limit).build())) {
        AtomicLong most = new AtomicLong();
        for (int round = 0; round < 2; round++) {
          List<CompletableFuture<float[]>> together = Stream.of(lora, other, FOLDER)
              .map(each -> CompletableFuture
                  .supplyAsync(() -> own.generate((each == FOLDER ? request() : request().lora(each, 1)).build(),
                      (step, total, preview) -> most.accumulateAndGet(used(), Math::max) > 0, new CancellationToken())
                      .pictures().toFloats()))
              .toList();
          assertThat(together.get(0).join()).isEqualTo(first);
          assertThat(together.get(1).join()).isEqualTo(second);
          assertThat(together.get(2).join()).isEqualTo(base);
        }
        pixels(own, request());
        assertThat(most.get() - before).isLessThanOrEqualTo(limit);
        assertThat(used() - before).isLessThanOrEqualTo(limit);
      }
    }
    try (Pipeline own = Pipelines.open(FOLDER, LoadOptions.builder().maxBytes(100_000).build())) {
      assertThatThrownBy(() -> own.generate(request().lora(lora, 1).build())).isInstanceOf(MemoryLimitException.class);
    }
  }

  /** Catches packed weights of the cache that updates are merged into, or that are packed though they lie there. */
  @Test
  void shouldTakeUnchangedWeightsFromTheCache() throws IOException {
    Path lora = file(LoraFiles.LORA, 1);
    WeightCache cache = new WeightCache(folder.resolve("cache"), 1L << 30, 0, warning -> {});
    float[] expected = pixels(model, request().lora(lora, 1));
    for (int i = 0; i < 2; i++) {
      try (Pipeline own = Pipelines.open(FOLDER, LoadOptions.builder().weightCache(cache).build())) {
        assertThat(pixels(own, request().lora(lora, 1))).isEqualTo(expected); // the first finds and leaves none
        assertThat(pixels(own, request())).isEqualTo(base);
      }
    }
    long stored = cache.bytes();
    assertThat(stored).isPositive();
    try (Pipeline own = Pipelines.open(FOLDER, LoadOptions.builder().weightCache(cache).build())) {
      long before = used();
      pixels(own, request().lora(lora, 1));
      Map<String, PlanSize> sizes = own.plan(request().lora(lora, 1).build()).networks();
      long packed = sizes.values().stream().mapToLong(size -> size.bytes() - size.weights() + size.updated()).sum();
      assertThat(used() - before).isEqualTo(packed);
    }
    assertThat(cache.bytes()).isEqualTo(stored);
  }

  /** Catches what a request leaves that ends before its end: handles, memory, or a file that stays mapped. */
  @ParameterizedTest
  @CsvSource({"CANCELLED", "REFUSED", "LIMITED", "SIZED", "IN_TURN"})
  void shouldHoldNothingOfRequestsThatEnd(String how) throws IOException {
    Path lora = file(LoraFiles.BUNDLE, 1);
    Path missing = folder.resolve("missing.safetensors");
    List<Path> several = IntStream.range(0, 3).mapToObj(seed -> file(LoraFiles.LORA, 20 + seed)).toList();
    Consumer<Pipeline> work = switch (how) {
      case "CANCELLED" -> own -> assertThatThrownBy(() -> own.generate(request().lora(lora, 1).build(),
          (step, total, preview) -> false, new CancellationToken())).isInstanceOf(CancellationException.class);
      case "REFUSED" -> own -> assertThatThrownBy(
          () -> own.generate(request().lora(lora, 1).lora(missing, 1).build())).isInstanceOf(WeightsException.class);
      case "LIMITED" -> own -> assertThatThrownBy(() -> own.generate(request().lora(lora, 1).size(1024, 1024).build()))
          .isInstanceOf(MemoryLimitException.class);
      case "SIZED" -> own -> own.plan(request().lora(lora, 1).build());
      default -> own -> several.forEach(each -> pixels(own, request().lora(each, 1)));
    };
    Map<LiveHandles.Kind, Long> without = LiveHandles.counts();
    try (Pipeline own = Pipelines.open(FOLDER, LoadOptions.builder().maxBytes(1L << 25).build())) {
      pixels(own, request());
      work.accept(own);
      work.accept(own);
      Map<LiveHandles.Kind, Long> warm = LiveHandles.counts();
      long used = used();
      for (int i = 0; i < 3; i++) {
        work.accept(own);
      }
      assertThat(LiveHandles.counts()).isEqualTo(warm);
      assertThat(used()).isEqualTo(used);
      assertThat(Files.readAllLines(Path.of("/proc/self/maps"))).noneMatch(line -> line.contains(folder.toString()));
    }
    assertThat(LiveHandles.counts()).isEqualTo(without);
  }

  /** Catches a request that is judged by another policy than the model's files. */
  @Test
  void shouldKeepToThePolicyOfTheModel() {
    Path lora = folder.resolve("more.safetensors");
    Map<String, Shape> tensors = new TreeMap<>();
    LoraFiles.LORA.put(tensors);
    tensors.put("lora_unet_nowhere.alpha", Shape.of(1));
    LoraFiles.write(lora, tensors, 1);
    for (Policy policy : Policy.values()) {
      List<String> warnings = new ArrayList<>();
      try (Pipeline own = Pipelines.open(FOLDER,
          LoadOptions.builder().policy(policy).warnings(warnings::add).build())) {
        if (policy == Policy.STRICT) {
          assertThatThrownBy(() -> pixels(own, request().lora(lora, 1))).isInstanceOf(RefusedException.class)
              .hasMessageContaining("lora_unet_nowhere.alpha");
        } else {
          pixels(own, request().lora(lora, 1));
          pixels(own, request().lora(lora, 0.5));
          assertThat(warnings).singleElement().asString().contains("lora_unet_nowhere.alpha");
        }
      }
    }
  }

  /** Catches a prompt's call for a file that the request has, and is refused all the same. */
  @Test
  void shouldKnowTheFilesThatAPromptCalls() {
    Path lora = file(LoraFiles.LORA, 1);
    String prompt = "a cat in a hat";
    float[] expected = pixels(model, request().lora(lora, 0.5));
    assertThat(pixels(model, request().prompts(List.of(prompt + "<lora:LORA-1:0.5>")).lora(lora, 0.5)))
        .isEqualTo(expected);
    assertThatThrownBy(() -> pixels(model, request().prompts(List.of(prompt + "<lora:LORA-1:0.6>")).lora(lora, 0.5)))
        .isInstanceOf(RefusedException.class).hasMessageContaining("<lora:LORA-1:0.6> is not among the updates");
  }

  /** Catches a family that takes updates and does nothing with them. */
  @ParameterizedTest
  @CsvSource({"pipelines_unclip/_models/karlo, unCLIP", "unet2d/_models/ddpm, "})
  void shouldBeRefusedByNameWhereAFamilyHasNone(String path, String family) {
    Path lora = file(LoraFiles.LORA, 1);
    try (Pipeline own = Pipelines.open(MODELS.resolve(path))) {
      assertThatThrownBy(() -> own.generate(GenerationRequest.unconditional().lora(lora, 1).build()))
          .isInstanceOf(IllegalArgumentException.class).hasMessageContaining(family == null ? "" : family)
          .hasMessageEndingWith("has no low-rank updates; leave that away");
    }
  }
}
