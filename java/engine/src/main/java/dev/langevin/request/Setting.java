package dev.langevin.request;

import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.text.Emphasis;
import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;

/** What a request can ask for beyond the number of pictures and the seed. A model that cannot do it says so. */
public enum Setting {
  /** A prompt that is not empty. */
  PROMPT("prompt", request -> request.prompts().stream().anyMatch(prompt -> !prompt.isEmpty())),
  /** What to guide away from. */
  NEGATIVE_PROMPT("negative prompt",
      request -> request.negativePrompts().stream().anyMatch(prompt -> !prompt.isEmpty())),
  /** What a second text encoder reads. */
  SECOND_PROMPT("second prompt", request -> request.secondPrompt() != null || request.secondNegativePrompt() != null),
  /** A class. */
  LABEL("class", request -> request.labels() != null),
  /** Width and height. */
  SIZE("size", request -> request.width() != null || request.height() != null),
  /** Steps one by one. */
  TIMESTEPS("timesteps of the caller's", request -> request.timesteps() != null),
  /** A sampler by its name. */
  SAMPLER("sampler by name", request -> request.sampler() != null),
  /** Noise levels by their name. */
  SCHEDULE("schedule of noise levels by name", request -> request.schedule() != null),
  /** Samplers of another program. */
  COMPAT("samplers of other programs", request -> request.compat() != Compat.DIFFUSERS),
  /** Guidance that is brought back. */
  GUIDANCE_RESCALE("rescaled guidance", request -> request.guidanceRescale() != 0),
  /** Noise of DDIM and its like. */
  ETA("eta", request -> request.eta() != null),
  /** Layers of the text encoder to leave out. */
  CLIP_SKIP("layers of the text encoder to skip", request -> request.clipSkip() != 0),
  /** Prompts in ComfyUI's notation. */
  COMFY_NOTATION("reader of ComfyUI's notation", request -> request.syntax() == PromptSyntax.COMFY),
  /** Low-rank updates of the request. */
  LORAS("low-rank updates", request -> !request.loras().isEmpty()),
  /** Another effect of weights. */
  EMPHASIS("kinds of emphasis", request -> request.emphasis() != Emphasis.ORIGINAL),
  /** A picture to begin with. */
  IMAGE("picture to begin with", request -> request.image() != null),
  /** How far it is taken back. */
  STRENGTH("strength of a picture to begin with", request -> request.strength() != null),
  /** What of it is painted anew. */
  MASK("mask", request -> request.mask() != null),
  /** Pictures for control networks. */
  CONTROL("control pictures", request -> !request.controls().isEmpty()),
  /** A picture as a prompt. */
  IMAGE_PROMPT("picture as a prompt", request -> request.imagePrompt() != null),
  /** Embeddings in the place of texts. */
  IMAGE_EMBEDDINGS("embeddings of pictures", request -> request.imageEmbeddings() != null),
  /** Sizes that SDXL is told. */
  MICRO("sizes that the network is told", request -> !request.micro().equals(MicroConditioning.USUAL)),
  /** Latents of another model, or for one. */
  PART_OF_THE_CHAIN("part of the chain", request -> request.latents() != null || request.denoisingEnd() < 1),
  /** Noise of an upscaler's picture. */
  NOISE_LEVEL("noise level of a picture to make larger",
      request -> request.noiseLevel() != GenerationRequest.USUAL_NOISE_LEVEL),
  /** The autoencoder in tiles. */
  TILING("autoencoder in tiles", request -> request.tiling() != null),
  /** Steps and guidance of unCLIP's prior. */
  PRIOR("steps and guidance of a prior", request -> request.priorSteps() != null || request.priorGuidance() != null),
  /** A second pass. */
  HIRES("second pass at a larger size", request -> request.hires() != null),
  /** Steps of networks that make a picture larger. */
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
   * Refuses a request that a family of models cannot do.
   *
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
