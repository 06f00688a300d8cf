package dev.langevin.pipeline;

import dev.langevin.image.Images;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.List;

/**
 * What a {@link StableDiffusion} is to generate. Immutable; made by {@link #prompt} and a {@link Builder}. A null stands for what is
 * usual for the model.
 *
 * @param prompts one or several; each makes {@code count} pictures, all sampled as one batch
 * @param negativePrompts what to guide away from: none, one for all prompts, or one for each
 * @param secondPrompt what SDXL's second text encoder reads, or null for the same; likewise {@code secondNegativePrompt}
 * @param syntax whether prompts are read as web UIs do
 * @param width in pixels, as {@code height}: a multiple of the autoencoder's reduction, mostly 8; or null
 * @param seed picture k of the batch is made of the random numbers of torch's generator for {@code seed + k}: each can be made again
 *     alone
 * @param steps of the sampler, at least 1; {@code timesteps} instead gives them one by one, or is null
 * @param guidance scale of classifier-free guidance; 1 or less for none
 * @param guidanceRescale share by which a guided answer is brought back to the deviation of the conditional one, in [0, 1]
 * @param eta noise of DDIM and its like, in [0, 1]
 * @param sampler usual name or class name
 * @param clipSkip layers that are left out at the end of the text encoder
 * @param image (3, H, W) in [0, 1]: a picture to begin with, or to upscale
 * @param strength share of the chain that a picture to begin with is taken back, in (0, 1]
 * @param mask (1, H, W) in [0, 1], of the image's size: from 0.5 on the picture is painted anew
 * @param controls one for each control network that was loaded, in the same order
 * @param imagePrompt a picture as a prompt beside the text, or null
 * @param micro what SDXL is told of sizes
 * @param denoisingStart share of the training's noise levels that another model has walked; {@code latents} are its result
 * @param denoisingEnd share after which to stop, for another model to go on with the latents
 * @param latents (N, L, h, w) to go on with
 * @param noiseLevel of an upscaler's picture, a training timestep
 * @param tiling of the autoencoder, or null for pictures in one piece
 */
public record GenerationRequest(
    List<String> prompts,
    List<String> negativePrompts,
    String secondPrompt,
    String secondNegativePrompt,
    PromptSyntax syntax,
    Integer width,
    Integer height,
    int count,
    long seed,
    int steps,
    double[] timesteps,
    Double guidance,
    double guidanceRescale,
    Double eta,
    String sampler,
    int clipSkip,
    Tensor image,
    Double strength,
    Tensor mask,
    List<ControlImage> controls,
    ImagePrompt imagePrompt,
    MicroConditioning micro,
    double denoisingStart,
    double denoisingEnd,
    Tensor latents,
    int noiseLevel,
    Tiling tiling) {

  /** How a prompt is read. */
  public enum PromptSyntax {
    /** {@code (word:1.3)}, {@code [word]} and {@code BREAK} have their meaning, and prompts may be of any length. */
    WEIGHTED,
    /** Every character stands for itself; what does not fit the text encoder is cut with a warning, as diffusers does. */
    PLAIN
  }

  /**
   * A picture that a control network follows.
   *
   * @param image (3, H, W) in [0, 1]
   * @param scale of the network's influence, 1 for what it was trained for
   * @param start share of the run before which it is silent, and {@code end} after which, in [0, 1]
   * @param guess whether it sees no prompt-less half
   */
  public record ControlImage(Tensor image, double scale, double start, double end, boolean guess) {
    public ControlImage {
      require(start >= 0 && end <= 1 && start < end, "a control picture's start and end", start + " and " + end, "in [0, 1], start first");
    }
  }

  /**
   * A picture as a prompt.
   *
   * @param picture of any size, or null where there are {@code pixels}
   * @param pixels (3, S, S), as the picture encoder reads them
   * @param scale of its influence; 0 for none, 1 for what it was trained for
   */
  public record ImagePrompt(BufferedImage picture, Tensor pixels, double scale) {
    public ImagePrompt {
      require(picture != null != (pixels != null), "an image prompt", "a picture and pixels, or neither", "one of them");
    }
  }

  public GenerationRequest {
    prompts = List.copyOf(prompts);
    negativePrompts = List.copyOf(negativePrompts);
    controls = List.copyOf(controls);
    timesteps = timesteps == null ? null : timesteps.clone();
    require(!prompts.isEmpty(), "the number of prompts", 0, "at least 1");
    require(negativePrompts.size() <= 1 || negativePrompts.size() == prompts.size(), "the number of negative prompts",
        negativePrompts.size(), "0, 1 or that of the prompts, " + prompts.size());
    require(count >= 1, "count", count, "at least 1");
    require(steps >= 1, "steps", steps, "at least 1");
    require(guidance == null || Double.isFinite(guidance), "guidance", guidance, "a number");
    require(guidanceRescale >= 0 && guidanceRescale <= 1, "guidanceRescale", guidanceRescale, "in [0, 1]");
    require(clipSkip >= 0, "clipSkip", clipSkip, "at least 0");
    require(strength == null || strength > 0 && strength <= 1, "strength", strength, "above 0 and at most 1");
    require(denoisingStart >= 0 && denoisingStart < 1, "denoisingStart", denoisingStart, "in [0, 1)");
    require(denoisingEnd > denoisingStart && denoisingEnd <= 1, "denoisingEnd", denoisingEnd, "above denoisingStart, at most 1");
    require(mask == null || image != null, "the mask", "without an image", "given with one");
    require(image == null || image.shape().rank() == 3 && image.shape().dim(0) == 3, "the image", image, "of the shape (3, H, W)");
    require(mask == null || mask.shape().rank() == 3 && mask.shape().dim(0) == 1, "the mask", mask, "of the shape (1, H, W)");
  }

  private static void require(boolean holds, String what, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(what + " is " + value + ", must be " + allowed);
    }
  }

  /** Pictures in all. */
  public int samples() {
    return prompts.size() * count;
  }

  /** Text to picture, with what is usual for the rest. */
  public static Builder prompt(String prompt) {
    return new Builder().prompts(List.of(prompt));
  }

  /** Collects what is not as usual. Not thread-safe. */
  public static final class Builder {

    private List<String> prompts = List.of();
    private List<String> negativePrompts = List.of();
    private String secondPrompt;
    private String secondNegativePrompt;
    private PromptSyntax syntax = PromptSyntax.WEIGHTED;
    private Integer width;
    private Integer height;
    private int count = 1;
    private long seed;
    private int steps = 50;
    private double[] timesteps;
    private Double guidance;
    private double guidanceRescale;
    private Double eta;
    private String sampler;
    private int clipSkip;
    private Tensor image;
    private Double strength;
    private Tensor mask;
    private List<ControlImage> controls = List.of();
    private ImagePrompt imagePrompt;
    private MicroConditioning micro = MicroConditioning.USUAL;
    private double denoisingStart;
    private double denoisingEnd = 1;
    private Tensor latents;
    private int noiseLevel = 20;
    private Tiling tiling;

    private Builder() {}

    public Builder prompts(List<String> prompts) {
      this.prompts = prompts;
      return this;
    }

    public Builder negativePrompt(String prompt) {
      this.negativePrompts = prompt == null ? List.of() : List.of(prompt);
      return this;
    }

    public Builder negativePrompts(List<String> prompts) {
      this.negativePrompts = prompts;
      return this;
    }

    public Builder secondPrompts(String prompt, String negative) {
      this.secondPrompt = prompt;
      this.secondNegativePrompt = negative;
      return this;
    }

    public Builder syntax(PromptSyntax syntax) {
      this.syntax = syntax;
      return this;
    }

    public Builder size(int width, int height) {
      this.width = width;
      this.height = height;
      return this;
    }

    public Builder count(int count) {
      this.count = count;
      return this;
    }

    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    public Builder steps(int steps) {
      this.steps = steps;
      return this;
    }

    public Builder timesteps(double... timesteps) {
      this.timesteps = timesteps;
      return this;
    }

    public Builder guidance(double guidance) {
      this.guidance = guidance;
      return this;
    }

    public Builder guidanceRescale(double share) {
      this.guidanceRescale = share;
      return this;
    }

    public Builder eta(double eta) {
      this.eta = eta;
      return this;
    }

    public Builder sampler(String name) {
      this.sampler = name;
      return this;
    }

    public Builder clipSkip(int layers) {
      this.clipSkip = layers;
      return this;
    }

    public Builder image(BufferedImage image) {
      return image(Images.toUnit(image));
    }

    public Builder image(Tensor image) {
      this.image = image;
      return this;
    }

    public Builder strength(double strength) {
      this.strength = strength;
      return this;
    }

    /** White is painted anew. */
    public Builder mask(BufferedImage mask) {
      return mask(Images.toLuminance(mask));
    }

    public Builder mask(Tensor mask) {
      this.mask = mask;
      return this;
    }

    /** A picture for a control network, of full influence over the whole run. */
    public Builder control(BufferedImage image) {
      return controls(List.of(new ControlImage(Images.toUnit(image), 1, 0, 1, false)));
    }

    public Builder controls(List<ControlImage> controls) {
      this.controls = controls;
      return this;
    }

    /** A picture as a prompt, for a model with an IP-Adapter. */
    public Builder imagePrompt(BufferedImage picture, double scale) {
      return imagePrompt(new ImagePrompt(picture, null, scale));
    }

    public Builder imagePrompt(ImagePrompt prompt) {
      this.imagePrompt = prompt;
      return this;
    }

    public Builder micro(MicroConditioning micro) {
      this.micro = micro;
      return this;
    }

    public Builder denoisingStart(double share, Tensor latents) {
      this.denoisingStart = share;
      this.latents = latents;
      return this;
    }

    public Builder denoisingEnd(double share) {
      this.denoisingEnd = share;
      return this;
    }

    public Builder noiseLevel(int timestep) {
      this.noiseLevel = timestep;
      return this;
    }

    public Builder tiling(Tiling tiling) {
      this.tiling = tiling;
      return this;
    }

    /** @throws IllegalArgumentException naming what is out of its range */
    public GenerationRequest build() {
      return new GenerationRequest(prompts, negativePrompts, secondPrompt, secondNegativePrompt, syntax, width, height, count, seed,
          steps, timesteps, guidance, guidanceRescale, eta, sampler, clipSkip, image, strength, mask, controls, imagePrompt, micro, denoisingStart,
          denoisingEnd, latents, noiseLevel, tiling);
    }
  }
}
