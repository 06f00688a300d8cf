package dev.langevin.request;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.request.GenerationRequest.ControlImage;
import dev.langevin.request.GenerationRequest.ImagePrompt;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.Emphasis;
import java.awt.image.BufferedImage;
import java.lang.reflect.Method;
import java.lang.reflect.Modifier;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

/**
 * Each method of the builders, and what becomes of what it asks for: every family honours it, or it is a setting that a
 * family without it refuses by name. A method without a verdict fails the test, and so does a setting that nobody asks
 * for.
 */
class BuilderVerdictsTest {

  /** Methods that every family honours. */
  private static final Set<String> REQUESTS_ALWAYS = Set.of("count", "seed", "steps", "guidance");

  /** Likewise; {@code comfyUpdates} and {@code keptUpdates} are of LoRA, without which there is nothing to merge. */
  private static final Set<String> LOADING_ALWAYS =
      Set.of("comfyUpdates", "keptUpdates", "backend", "precision", "maxBytes", "allowNan",
          "weightCache", "maxQueued", "policy", "warnings");

  private record Asking<S, B>(S setting, UnaryOperator<B> call) {}

  private static final Map<String, Asking<Setting, GenerationRequest.Builder>> REQUESTS = new LinkedHashMap<>();

  private static final Map<String, Asking<LoadSetting, LoadOptions.Builder>> LOADING = new LinkedHashMap<>();

  static {
    Tensor picture = Tensor.ofFloats(new float[12], 3, 2, 2);
    BufferedImage image = new BufferedImage(2, 2, BufferedImage.TYPE_INT_RGB);
    request("prompts", Setting.PROMPT, builder -> builder.prompts(List.of("a fox")));
    request("negativePrompt", Setting.NEGATIVE_PROMPT, builder -> builder.negativePrompt("fog"));
    request("negativePrompts", Setting.NEGATIVE_PROMPT, builder -> builder.negativePrompts(List.of("fog")));
    request("secondPrompts", Setting.SECOND_PROMPT, builder -> builder.secondPrompts("a hare", null));
    request("size", Setting.SIZE, builder -> builder.size(64, 64));
    request("timesteps", Setting.TIMESTEPS, builder -> builder.timesteps(900, 1));
    request("guidanceRescale", Setting.GUIDANCE_RESCALE, builder -> builder.guidanceRescale(0.5));
    request("eta", Setting.ETA, builder -> builder.eta(0));
    request("sampler", Setting.SAMPLER, builder -> builder.sampler("euler"));
    request("schedule", Setting.SCHEDULE, builder -> builder.schedule("karras"));
    request("compat", Setting.COMPAT, builder -> builder.compat(Compat.A1111));
    request("syntax", Setting.COMFY_NOTATION, builder -> builder.syntax(PromptSyntax.COMFY));
    request("emphasis", Setting.EMPHASIS, builder -> builder.emphasis(Emphasis.NO_NORM));
    request("hires", Setting.HIRES, builder -> builder.hires(new HiresFix(2, HiresFix.Method.LATENT, 0.7, 0)));
    request("clipSkip", Setting.CLIP_SKIP, builder -> builder.clipSkip(1));
    request("lora", Setting.LORAS, builder -> builder.lora(Path.of("file"), 0.8));
    request("loras", Setting.LORAS, builder -> builder.loras(List.of(new LoadOptions.Lora(Path.of("file"), 0.8))));
    request("image", Setting.IMAGE, builder -> builder.image(picture));
    request("strength", Setting.STRENGTH, builder -> builder.strength(0.5));
    request("mask", Setting.MASK, builder -> builder.image(image).mask(image));
    request("control", Setting.CONTROL, builder -> builder.control(image));
    request("controls", Setting.CONTROL,
        builder -> builder.controls(List.of(new ControlImage(picture, 1, 0, 1, false))));
    request("imagePrompt", Setting.IMAGE_PROMPT, builder -> builder.imagePrompt(new ImagePrompt(image, null, 1)));
    request("micro", Setting.MICRO,
        builder -> builder.micro(new MicroConditioning(null, new int[] {8, 8}, null, 6, 2.5, null, null, null)));
    request("denoisingStart", Setting.PART_OF_THE_CHAIN, builder -> builder.denoisingStart(0.8, picture));
    request("denoisingEnd", Setting.PART_OF_THE_CHAIN, builder -> builder.denoisingEnd(0.8));
    request("noiseLevel", Setting.NOISE_LEVEL, builder -> builder.noiseLevel(50));
    request("tiling", Setting.TILING, builder -> builder.tiling(Tiling.DEFAULT));
    request("labels", Setting.LABEL, builder -> builder.labels(3));
    request("imageEmbeddings", Setting.IMAGE_EMBEDDINGS,
        builder -> builder.imageEmbeddings(Tensor.ofFloats(new float[4], 1, 4)));
    request("prior", Setting.PRIOR, builder -> builder.prior(10, null));
    request("enlargingSteps", Setting.ENLARGING, builder -> builder.enlargingSteps(7));
    Path file = Path.of("file");
    loading("controlNet", LoadSetting.CONTROL_NETS, builder -> builder.controlNet(file));
    loading("lora", LoadSetting.LORAS, builder -> builder.lora(file, 1));
    loading("embedding", LoadSetting.EMBEDDINGS, builder -> builder.embedding(file, null));
    loading("ipAdapter", LoadSetting.IP_ADAPTER, builder -> builder.ipAdapter(file, file));
    loading("tokenizer", LoadSetting.TOKENIZER, builder -> builder.tokenizer(file));
    loading("originalConfig", LoadSetting.ORIGINAL_CONFIG, builder -> builder.originalConfig(file));
    loading("autoencoder", LoadSetting.AUTOENCODER, builder -> builder.autoencoder(file));
    loading("upscaler", LoadSetting.UPSCALER, builder -> builder.upscaler(file));
    loading("scheduler", LoadSetting.SCHEDULER, builder -> builder.scheduler(file));
  }

  private static void request(String method, Setting setting, UnaryOperator<GenerationRequest.Builder> call) {
    REQUESTS.put(method, new Asking<>(setting, call));
  }

  private static void loading(String method, LoadSetting setting, UnaryOperator<LoadOptions.Builder> call) {
    LOADING.put(method, new Asking<>(setting, call));
  }

  private static Set<String> methods(Class<?> builder) {
    return Arrays.stream(builder.getDeclaredMethods())
        .filter(method -> Modifier.isPublic(method.getModifiers()) && !method.isSynthetic())
        .map(Method::getName).filter(name -> !name.equals("build")).collect(Collectors.toCollection(TreeSet::new));
  }

  private static Set<String> union(Set<String> some, Set<String> others) {
    Set<String> all = new TreeSet<>(some);
    all.addAll(others);
    return all;
  }

  @Test
  void shouldHaveAVerdictForEachMethod() {
    assertThat(methods(GenerationRequest.Builder.class)).isEqualTo(union(REQUESTS_ALWAYS, REQUESTS.keySet()));
    assertThat(methods(LoadOptions.Builder.class)).isEqualTo(union(LOADING_ALWAYS, LOADING.keySet()));
  }

  @Test
  void shouldRefuseByNameWhatAFamilyHasNot() {
    EnumSet<Setting> asked = EnumSet.noneOf(Setting.class);
    REQUESTS.forEach((method, asking) -> {
      Setting setting = asking.setting();
      GenerationRequest request = asking.call().apply(GenerationRequest.unconditional()).build();
      assertThat(setting.isAsked(request)).as(method).isTrue();
      assertThat(setting.isAsked(GenerationRequest.unconditional().build())).as(method).isFalse();
      Set<Setting> others = EnumSet.complementOf(EnumSet.of(setting));
      assertThatThrownBy(() -> Setting.requireHonoured(request, others, "Toy diffusion")).as(method)
          .hasMessageMatching("Toy diffusion has no [^;]+; leave that away");
      Setting.requireHonoured(request, EnumSet.allOf(Setting.class), "Toy diffusion");
      asked.add(setting);
    });
    assertThat(asked).isEqualTo(EnumSet.allOf(Setting.class));
  }

  @Test
  void shouldRefuseByNameWhatTheLoadingOfAFamilyHasNot() {
    EnumSet<LoadSetting> asked = EnumSet.of(LoadSetting.IMAGE_ENCODER); // by ipAdapter, too
    LOADING.forEach((method, asking) -> {
      LoadOptions options = asking.call().apply(LoadOptions.builder()).build();
      assertThat(asking.setting().isAsked(options)).as(method).isTrue();
      Set<LoadSetting> others = EnumSet.complementOf(EnumSet.of(asking.setting()));
      assertThatThrownBy(() -> LoadSetting.requireHonoured(options, others, "Toy diffusion")).as(method)
          .hasMessageMatching("Toy diffusion has no [^;]+; leave that away");
      asked.add(asking.setting());
    });
    assertThat(asked).isEqualTo(EnumSet.allOf(LoadSetting.class));
  }
}
