package dev.langevin.training;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.backend.Backend;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.TensorSource;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.SafetensorsFile;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Stable Diffusion's architecture, tiny: all of it trained, updates of it trained, an autoencoder trained. */
class LatentTaskTest {

  private static final Path MODEL =
      Path.of("../engine/src/test/resources/reference/pipelines_sd/_models/sd1").toAbsolutePath().normalize();

  @TempDir
  Path folder;

  @BeforeEach
  void writePictures() throws IOException {
    CaptionedPictures.write(folder.resolve("data"));
  }

  private Path config(String output, String task, String rest) throws IOException {
    Path file = folder.resolve(output + ".yaml");
    Files.writeString(file, """
        task: %s
        output: %s
        seed: 3
        data: {format: images, path: data, size: 16, channels: 3, flip: 0.5%s}
        objective: {%s}
        steps: {batch_size: 2, count: 3, learning_rate: 0.01, ema_decay: 0.9}
        %s
        """.formatted(task, output, task.equals("autoencoder") ? "" : ", variants: 2",
        task.equals("autoencoder") ? "" : "condition_dropout: 0.2", rest));
    return file;
  }

  private Path run(Path config) {
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), false)) {
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
      return run.model();
    }
  }

  private static String network(String name) throws IOException {
    return Files.readString(MODEL.resolve(name).resolve("config.json"));
  }

  @Test
  void shouldTrainAModelThatGeneratesFromAText() throws IOException {
    Path model = run(config("whole", "latents", """
        init: %s
        model:
          train_text_encoder: true
          vae_folder: %s
          tokenizer: %s
          scheduler: {num_train_timesteps: 1000, beta_schedule: scaled_linear, beta_start: 0.00085, beta_end: 0.012}
          text_encoder: %s
          unet: %s
        """.formatted(MODEL, MODEL, MODEL.resolve("tokenizer"), network("text_encoder").replace("\n", " "),
        network("unet").replace("\n", " "))));
    try (Pipeline diffusion = Pipelines.open(model, LoadOptions.builder().build())) {
      BufferedImage image =
          diffusion.generate(GenerationRequest.prompt("picture number 3").size(16, 16).steps(2).build()).image(0);
      assertThat(image.getWidth()).isEqualTo(16);
    }
    assertThat(model.resolve("text_encoder/model.safetensors")).exists();
    assertThat(model.resolve("vae/config.json")).content().contains("scaling_factor");
  }

  @Test
  void shouldGrowAModelByALevel() throws IOException {
    Map<String, Object> unet = new HashMap<>(new ModelFolder(MODEL).config("unet"));
    Map<String, Object> grown = new HashMap<>(unet);
    grown.put("block_out_channels", longer(unet, "block_out_channels", true));
    grown.put("down_block_types", longer(unet, "down_block_types", true));
    grown.put("up_block_types", longer(unet, "up_block_types", false));
    String model = "model: {train_text_encoder: true, grow: %s, unet: " + new ObjectMapper().writeValueAsString(grown)
        + "}";
    String init = "init: " + MODEL + "\n";
    assertThatThrownBy(() -> run(config("small", "latents", init + model.formatted(false))))
        .hasMessageContaining("down_blocks");
    Path config = config("grown", "latents", init + model.formatted(true));
    List<String> told = new ArrayList<>();
    Task task = new LatentTask(TrainingConfig.read(config), Backend.named("onednn"), null, told::add);
    TensorSource initial = task.initial();
    int last = ((List<?>) unet.get("up_block_types")).size();
    String up = "up_blocks.%d.resnets.0.conv2.weight";
    try (ModelWeights before = new ModelFolder(MODEL).weights("unet")) {
      assertThat(initial.tensor("unet." + up.formatted(last)).toFloats())
          .isEqualTo(before.tensor(up.formatted(last - 1)).toFloats());
      assertThat(initial.tensor("unet.conv_in.weight").toFloats())
          .isEqualTo(before.tensor("conv_in.weight").toFloats());
    }
    assertThat(told).anyMatch(line -> line.matches("\\d+ of \\d+ tensors of unet are those of init"))
        .anyMatch(line -> line.matches("(\\d+) of \\1 tensors of text_encoder are those of init"));
    run(config);
  }

  /** A list of a configuration with its innermost value twice. */
  private static List<Object> longer(Map<String, Object> unet, String key, boolean lastIsInnermost) {
    List<Object> values = new ArrayList<>((List<?>) unet.get(key));
    values.add(lastIsInnermost ? values.size() : 0, lastIsInnermost ? values.getLast() : values.getFirst());
    return values;
  }

  @Test
  void shouldTrainUpdatesThatFindTheirPlace() throws IOException {
    Path model = run(config("lora", "lora", "init: " + MODEL + "\nmodel: {lora: {rank: 2}}"));
    Path file = model.resolve("pytorch_lora_weights.safetensors");
    List<String> warnings = new ArrayList<>();
    GenerationRequest request = GenerationRequest.prompt("picture number 3").size(16, 16).steps(2).seed(1).build();
    BufferedImage plain;
    try (Pipeline diffusion = Pipelines.open(MODEL, LoadOptions.builder().build())) {
      plain = diffusion.generate(request).image(0);
    }
    try (
        Pipeline diffusion = Pipelines.open(MODEL, LoadOptions.builder().lora(file, 1).warnings(warnings::add).build());
        SafetensorsFile weights = SafetensorsFile.open(file)) {
      BufferedImage adapted = diffusion.generate(request).image(0);
      int different = 0;
      for (int p = 0; p < 256; p++) {
        different += adapted.getRGB(p % 16, p / 16) == plain.getRGB(p % 16, p / 16) ? 0 : 1;
      }
      assertThat(different).as("pixels that the updates changed").isPositive();
      assertThat(weights.names()).isNotEmpty().allMatch(name -> name.startsWith("unet.") && name.contains(".lora_"));
    }
    assertThat(warnings).isEmpty();
  }

  @Test
  void shouldTrainAnAutoencoder() throws IOException {
    Path model = run(config("vae", "autoencoder", "model:\n  vae: " + network("vae").replace("\n", " ")));
    assertThat(model.resolve("config.json")).exists();
    assertThat(model.resolve("diffusion_pytorch_model.safetensors")).exists();
  }

  @Test
  void shouldRefuseDataWithoutCaptions() throws IOException {
    Files.delete(folder.resolve("data/metadata.jsonl"));
    Path config = config("none", "lora", "init: " + MODEL + "\nmodel: {lora: {rank: 2}}");
    assertThatThrownBy(() -> run(config)).isInstanceOf(TrainingException.class)
        .hasMessageContaining("no picture has a caption");
  }

  private Set<String> updated(String output, String lora) throws IOException {
    Path model = run(config(output, "lora", "init: " + MODEL + "\nmodel: {lora: {rank: 2" + lora + "}}"));
    try (SafetensorsFile weights = SafetensorsFile.open(model.resolve("pytorch_lora_weights.safetensors"))) {
      return weights.names().stream().filter(name -> name.endsWith(".lora_B.weight"))
          .map(name -> name.substring("unet.".length(), name.length() - ".lora_B.weight".length()))
          .collect(Collectors.toSet());
    }
  }

  private static Set<String> layers(String... ends) {
    try (ModelWeights unet = new ModelFolder(MODEL).weights("unet")) {
      return unet.names().stream().filter(name -> name.endsWith(".weight"))
          .map(name -> name.substring(0, name.length() - ".weight".length()))
          .filter(layer -> Arrays.stream(ends).anyMatch(end -> layer.endsWith("." + end))).collect(Collectors.toSet());
    }
  }

  /** Catches layers that are left out because others share their matrix, or are convolutions, or halves. */
  @Test
  void shouldUpdateEveryLayerThatIsATarget() throws IOException {
    String[][] targets = {{"to_q", "to_v"}, {"to_k"}, {"proj_in", "ff.net.0.proj"}, {"conv1", "conv_shortcut"}};
    for (String[] ends : targets) {
      assertThat(updated(ends[0], ", targets: " + Arrays.toString(ends))).isNotEmpty().isEqualTo(layers(ends));
    }
  }

  private float[] generated(Path lora) {
    List<String> warnings = new ArrayList<>();
    LoadOptions.Builder options = LoadOptions.builder().warnings(warnings::add);
    if (lora != null) {
      options.lora(lora, 1);
    }
    try (Pipeline diffusion = Pipelines.open(MODEL, options.build())) {
      float[] made = diffusion
          .generate(GenerationRequest.prompt("picture number 3").size(16, 16).steps(2).guidance(3).seed(1).build())
          .pictures().toFloats();
      assertThat(warnings).isEmpty();
      return made;
    }
  }

  /** Catches a notation of which a part is not read, and a scale that is applied twice or not at all. */
  @Test
  void shouldSaveTheSameUpdatesInBothNotations() throws IOException {
    String lora =
        "init: " + MODEL + "\nmodel: {train_text_encoder: true, lora: {rank: 2, alpha: 6, format: %s, targets:"
            + " [to_q, to_v, ff.net.0.proj, conv1]}}";
    Path config = config("diffusers", "lora", lora.formatted("diffusers"));
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), false)) {
      assertThat(run.note()).contains("layers get updates of rank 2").contains("to_q").contains("conv1")
          .contains("of the text encoder");
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
    }
    Path first = folder.resolve("diffusers/model/pytorch_lora_weights.safetensors");
    Path second = run(config("kohya", "lora", lora.formatted("kohya"))).resolve("pytorch_lora_weights.safetensors");
    try (SafetensorsFile weights = SafetensorsFile.open(first)) {
      assertThat(weights.names()).anyMatch(name -> name.matches("text_encoder\\..*q_proj\\.lora_A\\.weight"));
    }
    float[] pictures = generated(first);
    assertThat(pictures).isNotEqualTo(generated(null));
    float[] others = generated(second);
    for (int i = 0; i < pictures.length; i++) {
      assertThat(others[i]).isCloseTo(pictures[i], within(1e-4f));
    }
  }

  @Test
  void shouldRefuseTargetsThatNoLayerHas() throws IOException {
    Path config = config("none", "lora", "init: " + MODEL + "\nmodel: {lora: {rank: 2, targets: [to_q, tok, q]}}");
    assertThatThrownBy(() -> run(config)).isInstanceOf(TrainingException.class)
        .hasMessageContaining("no linear layer or convolution is called tok or q; layers are called");
  }

  /** Catches a mask that depends on how often a run was begun, and one that is the same in every step. */
  @Test
  void shouldDropTheSameAfterAResumption() throws IOException {
    String lora = "init: " + MODEL + "\nmodel: {train_text_encoder: true, lora: {rank: 2, dropout: 0.4}}";
    Path whole = run(config("whole", "lora", lora)).resolve("pytorch_lora_weights.safetensors");
    Path config = config("broken", "lora", lora);
    Files.writeString(config, Files.readString(config).replace("steps: {", "steps: {checkpoint_every: 1, "));
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), false)) {
      run.run(new TrainingRun.Listener() {
        @Override
        public void checkpoint(long step, TrainingLog log) {
          run.stop();
        }
      });
      assertThat(run.step()).isEqualTo(1);
    }
    try (TrainingRun run = new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), true)) {
      assertThat(run.run(new TrainingRun.Listener() {})).isTrue();
      assertThat(run.model().resolve("pytorch_lora_weights.safetensors")).hasSameBinaryContentAs(whole);
    }
    Path plain = run(config("plain", "lora", lora.replace(", dropout: 0.4", "")));
    assertThat(Files.mismatch(whole, plain.resolve("pytorch_lora_weights.safetensors"))).isNotEqualTo(-1);
    Files.writeString(config, Files.readString(config).replace("dropout: 0.4", "dropout: 0.5"));
    assertThatThrownBy(() -> new TrainingRun(TrainingConfig.read(config), Backend.named("onednn"), true))
        .hasMessageContaining("model.lora.dropout was 0.4, is 0.5");
    Files.writeString(config, Files.readString(config).replace("dropout: 0.5", "dropuot: 0.5"));
    assertThatThrownBy(() -> TrainingConfig.read(config)).hasMessageContaining("model.lora.dropuot")
        .hasMessageContaining("dropout");
  }

  @Test
  void shouldRefuseABaseOfAnotherKind() throws IOException {
    Path base = folder.resolve("part");
    for (String name : List.of("unet", "vae")) {
      Files.createDirectories(base.resolve(name));
    }
    Path config = config("part-lora", "lora", "init: " + base + "\nmodel: {lora: {rank: 2}}");
    assertThatThrownBy(() -> run(config)).isInstanceOf(TrainingException.class).hasMessage(
        "a run of task lora takes Stable Diffusion 1, 2 and XL; " + base + " is no such model, without all of the"
            + " folders unet, text_encoder and vae");
  }

  /** Catches a base of which parts are lost, or whose scale is replaced by that of the new pictures. */
  @ParameterizedTest
  @EnumSource(names = {"F16", "BF16"})
  void shouldLeaveAWholeFolderOfAHalfPrecisionBase(DType half) throws IOException {
    Path base = HalfPrecision.of(MODEL, folder.resolve("half"), half);
    Path config = config("tuned", "latents", "init: " + base);
    Files.writeString(config, Files.readString(config).replace("learning_rate: 0.01", "learning_rate: 1e-12"));
    Path model = run(config);
    assertThat(model.resolve("model_index.json")).hasSameTextualContentAs(base.resolve("model_index.json"));
    assertThat(model.resolve("vae/config.json")).hasSameTextualContentAs(base.resolve("vae/config.json"));
    assertThat(model.resolve("vae/diffusion_pytorch_model.safetensors"))
        .hasSameBinaryContentAs(base.resolve("vae/diffusion_pytorch_model.fp16.safetensors"));
    try (ModelWeights before = new ModelFolder(base).weights("unet");
        SafetensorsFile after = SafetensorsFile.open(model.resolve("unet/diffusion_pytorch_model.safetensors"))) {
      for (String name : after.names()) {
        assertThat(after.tensor(name).dtype()).isEqualTo(half);
        assertThat(after.tensor(name).toFloats()).as(name).isEqualTo(before.tensor(name).toFloats());
      }
    }
    GenerationRequest request = GenerationRequest.prompt("picture number 3").size(16, 16).steps(2).seed(1).build();
    try (Pipeline first = Pipelines.open(base); Pipeline second = Pipelines.open(model)) {
      assertThat(second.generate(request).pictures().toFloats())
          .isEqualTo(first.generate(request).pictures().toFloats());
    }
  }
}
