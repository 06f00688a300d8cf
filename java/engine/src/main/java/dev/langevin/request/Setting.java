package dev.langevin.request;

import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.text.Emphasis;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;

/** What a request can ask for beyond the number of pictures and the seed. A model that cannot do it says so. */
public enum Setting {
  PROMPT("prompt", request -> request.prompts().stream().anyMatch(prompt -> !prompt.isEmpty())),
  NEGATIVE_PROMPT("negative prompt",
      request -> request.negativePrompts().stream().anyMatch(prompt -> !prompt.isEmpty())),
  SECOND_PROMPT("second prompt", request -> request.secondPrompt() != null || request.secondNegativePrompt() != null),
  LABEL("class", request -> request.labels() != null),
  SIZE("size", request -> request.width() != null || request.height() != null),
  TIMESTEPS("timesteps of the caller's", request -> request.timesteps() != null),
  SAMPLER("sampler by name", request -> request.sampler() != null),
  SCHEDULE("schedule of noise levels by name", request -> request.schedule() != null),
  COMPAT("samplers of other programs", request -> request.compat() != Compat.DIFFUSERS),
  GUIDANCE_RESCALE("rescaled guidance", request -> request.guidanceRescale() != 0),
  ETA("eta", request -> request.eta() != null),
  CLIP_SKIP("layers of the text encoder to skip", request -> request.clipSkip() != 0),
  COMFY_NOTATION("reader of ComfyUI's notation", request -> request.syntax() == PromptSyntax.COMFY),
  LORAS("low-rank updates", request -> !request.loras().isEmpty()),
  EMPHASIS("kinds of emphasis", request -> request.emphasis() != Emphasis.ORIGINAL),
  IMAGE("picture to begin with", request -> request.image() != null),
  STRENGTH("strength of a picture to begin with", request -> request.strength() != null),
  MASK("mask", request -> request.mask() != null),
  CONTROL("control pictures", request -> !request.controls().isEmpty()),
  IMAGE_PROMPT("picture as a prompt", request -> request.imagePrompt() != null),
  IMAGE_EMBEDDINGS("embeddings of pictures", request -> request.imageEmbeddings() != null),
  MICRO("sizes that the network is told", request -> !request.micro().equals(MicroConditioning.USUAL)),
  PART_OF_THE_CHAIN("part of the chain", request -> request.latents() != null || request.denoisingEnd() < 1),
  NOISE_LEVEL("noise level of a picture to make larger",
      request -> request.noiseLevel() != GenerationRequest.USUAL_NOISE_LEVEL),
  TILING("autoencoder in tiles", request -> request.tiling() != null),
  PRIOR("steps and guidance of a prior", request -> request.priorSteps() != null || request.priorGuidance() != null),
  HIRES("second pass at a larger size", request -> request.hires() != null),
  ENLARGING("steps of enlarging networks", request -> request.enlargingSteps() != null);

  private final String words;
  private final Predicate<GenerationRequest> asked;

  Setting(String words, Predicate<GenerationRequest> asked) {
    this.words = words;
    this.asked = asked;
  }

  /** Whether a request asks for it. */
  public boolean isAsked(GenerationRequest request) {
    return asked.test(request);
  }

  /**
   * @param family for the message
   * @throws IllegalArgumentException naming what the request asks for beyond what is honoured
   */
  public static void requireHonoured(GenerationRequest request, Set<Setting> honoured, String family) {
    EnumSet<Setting> others = EnumSet.allOf(Setting.class);
    others.removeAll(honoured);
    for (Setting setting : others) {
      if (setting.asked.test(request)) {
        throw new IllegalArgumentException(family + " has no " + setting.words + "; leave that away");
      }
    }
  }
}
