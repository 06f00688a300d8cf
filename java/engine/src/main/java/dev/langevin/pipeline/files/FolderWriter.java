package dev.langevin.pipeline.files;

import dev.langevin.policy.Findings;
import dev.langevin.text.ClipVocabulary;
import dev.langevin.weights.CheckpointFamily;
import dev.langevin.weights.CheckpointUse;
import dev.langevin.weights.JsonFiles;
import dev.langevin.weights.SingleFileCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Writes the networks of a checkpoint in one file as a diffusers folder. */
final class FolderWriter {

  /** Of diffusers, whose layout this is. */
  private static final String FORMAT = "0.40.0";

  private static final String END = "<|endoftext|>";

  private final SingleFileCheckpoint checkpoint;
  private final ModelParts parts;
  private final WrittenAs written;
  private final Findings findings;
  private final Consumer<String> told;

  /** @param parts the checkpoint's, perhaps changed */
  FolderWriter(SingleFileCheckpoint checkpoint, ModelParts parts, WrittenAs written, Findings findings,
      Consumer<String> told) {
    this.checkpoint = checkpoint;
    this.parts = parts;
    this.written = written;
    this.findings = findings;
    this.told = told;
  }

  /**
   * Writes the folder, the index last.
   *
   * @param target exists and is empty
   * @param vocabulary folder of a tokenizer's vocab.json and merges.txt, or null for CLIP's
   */
  void write(Path target, Path vocabulary) throws IOException {
    Map<String, String> classes = parts.components();
    for (String expected : checkpoint.expectedComponents()) {
      if (!classes.containsKey(expected)) {
        findings.changes(parts.name() + ": the file holds no " + expected + ", which the folder would lack; put it"
            + " into the file first, or --lenient to go without");
      }
    }
    Map<String, Object> index = new LinkedHashMap<>();
    index.put("_class_name", pipelineClass());
    index.put("_diffusers_version", FORMAT);
    for (Map.Entry<String, String> component : classes.entrySet()) {
      String name = component.getKey();
      String className = component.getValue();
      Path folder = Files.createDirectories(target.resolve(name));
      if (name.endsWith("scheduler")) {
        JsonFiles.write(folder.resolve("scheduler_config.json"), checkpoint.schedulerConfig(name));
        index.put(name, List.of("diffusers", className));
        continue;
      }
      boolean text = name.startsWith("text_encoder");
      Map<String, Object> config = new LinkedHashMap<>(parts.config(name));
      if (text && written.torchName() != null) {
        config.put("torch_dtype", written.torchName());
      }
      JsonFiles.write(folder.resolve("config.json"), config);
      written.write(folder.resolve(text ? "model.safetensors" : "diffusion_pytorch_model.safetensors"),
          parts.weights(name), checkpoint.metadata(), told);
      index.put(name, List.of(text ? "transformers" : "diffusers", className));
      if (text) {
        String tokenizer = name.replace("text_encoder", "tokenizer");
        tokenizer(Files.createDirectories(target.resolve(tokenizer)), checkpoint.padToken(name), vocabulary);
        index.put(tokenizer, List.of("transformers", "CLIPTokenizer"));
      }
    }
    for (String without : without()) {
      index.putIfAbsent(without, Arrays.asList(null, null));
    }
    index.putAll(checkpoint.options());
    if (without().contains("safety_checker") && checkpoint.use() != CheckpointUse.UPSCALING) {
      index.put("requires_safety_checker", false);
    }
    JsonFiles.write(target.resolve("model_index.json"), index);
  }

  private boolean isXl() {
    return checkpoint.family() == CheckpointFamily.SDXL || checkpoint.family() == CheckpointFamily.SDXL_REFINER;
  }

  /** Components of the pipeline's class that it does without. */
  private List<String> without() {
    if (checkpoint.use() == CheckpointUse.DEPTH) {
      return List.of("depth_estimator", "feature_extractor");
    }
    if (checkpoint.use() == CheckpointUse.UPSCALING) {
      return List.of("safety_checker", "feature_extractor", "watermarker");
    }
    return isXl() ? List.of("text_encoder", "tokenizer", "text_encoder_2", "tokenizer_2", "image_encoder",
        "feature_extractor") : List.of("safety_checker", "feature_extractor", "image_encoder");
  }

  private String pipelineClass() {
    if (checkpoint.isConsistency() && !isXl()) {
      return "LatentConsistencyModelPipeline";
    }
    String use = switch (checkpoint.use()) {
      case PICTURES -> "";
      case INPAINTING -> "Inpaint";
      case DEPTH -> "Depth2Img";
      case UPSCALING -> "Upscale";
    };
    return switch (checkpoint.family()) {
      case SD1, SD2 -> "StableDiffusion" + use + "Pipeline";
      case SDXL -> "StableDiffusionXL" + use + "Pipeline";
      case SDXL_REFINER -> "StableDiffusionXLImg2ImgPipeline";
    };
  }

  private static void tokenizer(Path folder, String padding, Path vocabulary) throws IOException {
    if (vocabulary != null) {
      for (String name : List.of("vocab.json", "merges.txt", "tokenizer.json", "added_tokens.json")) {
        if (Files.exists(vocabulary.resolve(name))) {
          Files.copy(vocabulary.resolve(name), folder.resolve(name));
        }
      }
    } else {
      List<String[]> merges = ClipVocabulary.merges();
      JsonFiles.write(folder.resolve("vocab.json"), new LinkedHashMap<>(ClipVocabulary.symbols(merges)));
      Files.writeString(folder.resolve("merges.txt"), merges.stream().map(pair -> pair[0] + " " + pair[1])
          .collect(Collectors.joining("\n", "#version: 0.2\n", "\n")));
    }
    Map<String, Object> tokens = new LinkedHashMap<>();
    tokens.put("bos_token", "<|startoftext|>");
    tokens.put("eos_token", END);
    tokens.put("pad_token", padding);
    tokens.put("unk_token", END);
    JsonFiles.write(folder.resolve("special_tokens_map.json"), tokens);
    Map<String, Object> config = new LinkedHashMap<>(tokens);
    config.put("add_prefix_space", false);
    config.put("do_lower_case", true);
    config.put("errors", "replace");
    config.put("model_max_length", 77);
    config.put("tokenizer_class", "CLIPTokenizer");
    JsonFiles.write(folder.resolve("tokenizer_config.json"), config);
  }
}
