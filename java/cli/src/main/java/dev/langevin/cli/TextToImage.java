package dev.langevin.cli;

import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.diffusion.samplers.NamedSamplers;
import dev.langevin.image.Images;
import dev.langevin.image.Resampling;
import dev.langevin.request.GenerationRequest.ControlImage;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.Tiling;
import dev.langevin.text.Emphasis;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Turns the options of {@code generate} into a request and back into pictures. */
final class TextToImage {

  private final TextOptions options;

  TextToImage(TextOptions options) {
    this.options = options;
  }

  LoadOptions loadOptions(String backend, boolean allowNan) {
    return loadOptions(backend, allowNan, loras());
  }

  /** The updates that {@code --lora} gives. */
  List<LoadOptions.Lora> loras() {
    return options.loras.stream().map(FileArguments::lora).toList();
  }

  /** With other updates than those of {@code --lora}. */
  LoadOptions loadOptions(String backend, boolean allowNan, List<LoadOptions.Lora> loras) {
    LoadOptions.Builder builder = LoadOptions.builder().backend(backend).allowNan(allowNan).autoencoder(options.vae)
        .weightCache(options.weightCache.cache()).tokenizer(options.tokenizer).originalConfig(options.originalConfig)
        .policy(options.policy.policy()).warnings(Messages::warn).comfyUpdates(options.compat == Compat.COMFY);
    options.controlNets.forEach(builder::controlNet);
    loras.forEach(lora -> builder.lora(lora.file(), lora.weight(), lora.textWeight()));
    for (String argument : options.embeddings) {
      LoadOptions.Embedding embedding = FileArguments.embedding(argument);
      builder.embedding(embedding.file(), embedding.token());
    }
    if (options.ipAdapter != null) {
      builder.ipAdapter(options.ipAdapter, options.imageEncoder);
    }
    if (options.hires.network() != null) {
      builder.upscaler(options.hires.network());
    }
    if (options.precision != null) {
      builder.precision(options.precision);
    }
    if (options.maxMemory != null) {
      builder.maxBytes(options.maxMemory.bytes());
    }
    return builder.build();
  }

  /** The request, of no text for a null; pictures are read, and stretched where their size is not the one asked for. */
  GenerationRequest.Builder request(ModelFacts model, String prompt, int count, Integer steps, String sampler,
      long seed) {
    requireUse(model, NamedSamplers.needsUnconditional(sampler));
    GenerationRequest.Builder request =
        (prompt == null ? GenerationRequest.unconditional() : GenerationRequest.prompt(prompt))
            .negativePrompt(options.negative).count(count)
            .steps(steps).sampler(sampler).seed(seed).guidance(options.guidance)
            .syntax(options.syntax()).emphasis(options.emphasis == null ? Emphasis.ORIGINAL : options.emphasis)
            .tiling(Boolean.TRUE.equals(options.tiling) ? Tiling.DEFAULT : null);
    if (options.guidanceRescale != null) {
      request.guidanceRescale(options.guidanceRescale);
    }
    if (options.eta != null) {
      request.eta(options.eta);
    }
    request.schedule(options.schedule);
    if (options.compat != null) {
      request.compat(options.compat);
    }
    if (options.strength != null) {
      request.strength(options.strength);
    }
    if (options.clipSkip != null) {
      if (options.clipSkip < 1) {
        throw new IllegalArgumentException(
            "--clip-skip is " + options.clipSkip + ", must be at least 1, which is the last layer");
      }
      request.clipSkip(Math.max(0, options.clipSkip - model.clipSkip()));
    }
    Size size = size(model);
    if (size != null) {
      request.size(size.width(), size.height());
    }
    if (options.initImage != null) {
      BufferedImage image = Images.read(options.initImage, options.policy.findings());
      request.image(model.upscales() ? image : Resampling.LANCZOS.resize(image, size.width(), size.height()));
    }
    if (options.mask != null) {
      if (options.initImage == null) {
        throw new IllegalArgumentException(
            "--mask says where a picture is painted anew; give the picture with --init-image");
      }
      request.mask(
          Resampling.LANCZOS.resize(Images.read(options.mask, options.policy.findings()), size.width(), size.height()));
    }
    if (options.imagePrompt != null) {
      request.imagePrompt(Images.read(options.imagePrompt, options.policy.findings()),
          options.imagePromptScale == null ? 1 : options.imagePromptScale);
    }
    return request.controls(controls(size)).hires(options.hires.fix());
  }

  /** @throws IllegalArgumentException naming an option that nothing would read beside the others */
  private void requireUse(ModelFacts model, boolean alwaysGuided) {
    requireBeside("--strength", options.strength != null, "--init-image", options.initImage != null);
    requireBeside("--control-scale", !options.controlScales.isEmpty(), "--control", !options.controls.isEmpty());
    requireBeside("--image-prompt-scale", options.imagePromptScale != null, "--image-prompt",
        options.imagePrompt != null);
    requireBeside("--image-encoder", options.imageEncoder != null, "--ip-adapter", options.ipAdapter != null);
    if (options.controlScales.size() > Math.max(1, options.controls.size())) {
      throw new IllegalArgumentException("--control-scale is given " + options.controlScales.size()
          + " times, --control " + options.controls.size() + "; give one scale for all, or one for each");
    }
    if (options.guidance != null && options.guidance <= 1 && !alwaysGuided && options.negative != null
        && !options.negative.isEmpty()) {
      options.policy.findings().changes("--negative is not read at a --guidance of " + options.guidance
          + "; guide by more than 1, or leave the negative prompt away");
    }
    if (options.guidanceRescale != null && options.guidance != null && options.guidance <= 1 && !alwaysGuided
        && model.readsText()) {
      throw new IllegalArgumentException("--guidance-rescale is not read at a --guidance of " + options.guidance
          + "; guide by more than 1, or leave it away");
    }
    if (options.guidance != null && options.guidance < 1 && !alwaysGuided && model.readsText()) {
      options.policy.findings().changes("--guidance is " + options.guidance
          + ", which computes what 1 does, no guidance; give 1 or more");
    }
  }

  private static void requireBeside(String option, boolean given, String other, boolean otherGiven) {
    if (given && !otherGiven) {
      throw new IllegalArgumentException(option + " means nothing without " + other + "; give both or neither");
    }
  }

  /** What was asked for, or what the first picture given has, or null for the model's own. */
  private Size size(ModelFacts model) {
    if (options.size != null) {
      return options.size;
    }
    Path first =
        options.initImage != null ? options.initImage : options.controls.isEmpty() ? null : options.controls.getFirst();
    if (first == null || model.upscales()) {
      return null;
    }
    BufferedImage image = Images.read(first, options.policy.findings());
    int multiple = model.sizeMultiple();
    return new Size(image.getWidth() / multiple * multiple, image.getHeight() / multiple * multiple);
  }

  private List<ControlImage> controls(Size size) {
    List<ControlImage> controls = new ArrayList<>();
    for (Path file : options.controls) {
      List<Double> scales = options.controlScales;
      double scale = scales.isEmpty() ? 1 : scales.get(Math.min(controls.size(), scales.size() - 1));
      controls.add(
          new ControlImage(
              Images.toUnit(
                  Resampling.LANCZOS.resize(Images.read(file, options.policy.findings()), size.width(), size.height())),
              scale, 0, 1, false));
    }
    return controls;
  }
}
