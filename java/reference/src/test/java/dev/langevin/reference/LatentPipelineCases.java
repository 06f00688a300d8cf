package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest.ControlImage;
import dev.langevin.request.GenerationRequest.ImagePrompt;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.MicroConditioning;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.SafetensorsFile;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/**
 * Stable Diffusion's pipelines through the public API, from the prompt on: every latent and the picture, with the
 * stored noise.
 */
final class LatentPipelineCases implements CaseRunner {

  private static final Set<String> CLASSES = Set.of("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline",
      "StableDiffusionInpaintPipeline", "LatentConsistencyModelPipeline", "StableDiffusionControlNetPipeline",
      "StableDiffusionUpscalePipeline", "StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline",
      "StableDiffusionXLInpaintPipeline");

  @Override
  public boolean accepts(ReferenceCase c) {
    return (c.family().equals("pipelines_sd") || c.family().equals("pipelines_sdxl"))
        && CLASSES.contains(c.className());
  }

  @Override
  public void run(ReferenceCase c) {
    run(c, c.model(), TestedBackend.options().scheduler(scheduler(c)).build());
  }

  /** Runs the case on a model. */
  static void run(ReferenceCase c, Path path, LoadOptions options) {
    Tensor latents = c.has("input.latents_from_base") ? base(c) : null;
    try (Pipeline model = Pipelines.open(path, options)) {
      boolean inpainting = c.has("input.mask_image");
      // The latents' bound is for rounding in the U-Net. Updates this strong in the text encoder make its own rounding
      // count: in double
      // precision the latents lie 0.0035 from the stored ones already, of 0.0046 allowed. AdaptedNetworks holds the two
      // apart to their
      // bounds; the picture has its bound here all the same.
      boolean adaptedText = adaptsText(c);
      Tensor expected = c.tensor("latents");
      double bound = c.json().at("/tolerance/latent_max_abs").doubleValue();
      GenerationRequest request = request(c, c.json().get("call"), latents);
      Generation made = model.generate(request, noise(c), (step, total, preview) -> {
        // the stored last row of an inpainting run is the step's result before what is kept was put back
        if (!adaptedText && (!inpainting || step < total)) {
          Closeness.assertClose("latents[" + step + "]", preview.latents(), expected.row(step), bound);
        }
        return true;
      }, new CancellationToken());
      Closeness.assertClose("image", made.pictures(), c.tensor("image"), c.maxAbs());
    }
  }

  private static boolean adaptsText(ReferenceCase c) {
    if (!c.json().has("lora_file")) {
      return false;
    }
    try (SafetensorsFile lora = SafetensorsFile.open(c.dir().resolve(c.json().get("lora_file").textValue()))) {
      return lora.names().stream().anyMatch(name -> name.startsWith("text_encoder") || name.startsWith("lora_te"));
    }
  }

  private static Path scheduler(ReferenceCase c) {
    return c.dir().resolve(c.json().at("/scheduler_dir/scheduler").textValue());
  }

  /** The first model's part of a chain that two walk. */
  private static Tensor base(ReferenceCase c) {
    Tensor expected = c.tensor("base.latents");
    double bound = c.json().at("/tolerance/latent_max_abs").doubleValue();
    Path folder = c.dir().resolve(c.json().get("base_model").textValue());
    LoadOptions options = TestedBackend.options().scheduler(scheduler(c)).build();
    try (Pipeline model = Pipelines.open(folder, options)) {
      JsonNode call = c.json().get("base_call");
      GenerationRequest request = request(c, call, null);
      Generation made = model.generate(request, target -> target.data().copyFrom(c.tensor("base.initial_noise").data()),
          (step, total, preview) -> {
            Closeness.assertClose("base.latents[" + step + "]", preview.latents(), expected.row(step), bound);
            return true;
          }, new CancellationToken());
      Closeness.assertClose("input.latents_from_base", made.latents(), c.tensor("input.latents_from_base"), bound);
      return made.latents();
    }
  }

  private static NoiseSource noise(ReferenceCase c) {
    return new NoiseSource() {
      private int drawn;

      @Override
      public void fill(Tensor target) {
        target.data().copyFrom(c.tensor("noise.%03d".formatted(drawn++)).data());
      }
    };
  }

  private static GenerationRequest request(ReferenceCase c, JsonNode call, Tensor latents) {
    GenerationRequest.Builder request = GenerationRequest.prompt("")
        .prompts(texts(call.get("prompt")))
        .negativePrompts(texts(call.path("negative_prompt")))
        .secondPrompts(call.path("prompt_2").textValue(), call.path("negative_prompt_2").textValue())
        .syntax(PromptSyntax.PLAIN)
        .count(call.path("num_images_per_prompt").asInt(1))
        .guidance(call.get("guidance_scale").doubleValue())
        .guidanceRescale(call.path("guidance_rescale").asDouble(0))
        .clipSkip(call.path("clip_skip").asInt(0))
        .noiseLevel(call.path("noise_level").asInt(20))
        .micro(new MicroConditioning(pair(call, "original_size"), pair(call, "crops_coords_top_left"),
            pair(call, "target_size"),
            call.path("aesthetic_score").asDouble(6), call.path("negative_aesthetic_score").asDouble(2.5),
            pair(call, "negative_original_size"), null, pair(call, "negative_target_size")));
    if (call.has("width")) {
      request.size(call.get("width").intValue(), call.get("height").intValue());
    }
    if (call.path("timesteps").isArray()) {
      double[] timesteps = new double[call.get("timesteps").size()];
      for (int i = 0; i < timesteps.length; i++) {
        timesteps[i] = call.get("timesteps").get(i).doubleValue();
      }
      request.timesteps(timesteps);
    } else {
      request.steps(call.get("num_inference_steps").intValue());
    }
    if (call.path("eta").isNumber()) {
      request.eta(call.get("eta").doubleValue());
    }
    if (call.path("strength").isNumber()) {
      request.strength(call.get("strength").doubleValue());
    }
    if (call.path("denoising_end").isNumber()) {
      request.denoisingEnd(call.get("denoising_end").doubleValue());
    }
    if (latents != null) {
      return request.denoisingStart(call.get("denoising_start").doubleValue(), latents).build();
    }
    if (c.className().contains("ControlNet")) {
      return request.controls(controls(c, call)).build();
    }
    if (c.has("input.image")) {
      request.image(c.tensor("input.image").row(0));
    }
    if (c.has("input.pixel_values")) {
      request.imagePrompt(
          new ImagePrompt(null, c.tensor("input.pixel_values").row(0), c.json().get("scale").doubleValue()));
    }
    if (c.has("input.mask_image")) {
      request.mask(c.tensor("input.mask_image").row(0));
    }
    return request.build();
  }

  private static List<String> texts(JsonNode node) {
    List<String> texts = new ArrayList<>();
    if (node.isTextual()) {
      texts.add(node.textValue());
    }
    node.elements().forEachRemaining(each -> texts.add(each.textValue()));
    return texts;
  }

  private static int[] pair(JsonNode call, String key) {
    JsonNode node = call.path(key);
    return node.isArray() ? new int[] {node.get(0).intValue(), node.get(1).intValue()} : null;
  }

  private static List<ControlImage> controls(ReferenceCase c, JsonNode call) {
    List<ControlImage> controls = new ArrayList<>();
    JsonNode scale = call.path("controlnet_conditioning_scale");
    for (int i = 0; i == 0 || c.has("input.image." + i); i++) {
      Tensor image = c.tensor(c.has("input.image." + i) ? "input.image." + i : "input.image").row(0);
      controls.add(new ControlImage(image, scale.isArray() ? scale.get(i).doubleValue() : scale.asDouble(1),
          call.path("control_guidance_start").asDouble(0), call.path("control_guidance_end").asDouble(1),
          call.path("guess_mode").asBoolean(false)));
    }
    return controls;
  }
}
