package dev.langevin.request;

import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.image.Images;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.Emphasis;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * What a model is to generate. Immutable; made by {@link #prompt}, {@link #unconditional} or {@link #ofClass} and a
 * {@link Builder}. A null stands for what is usual for the model.
 *
 * <p>
 * The file is long because each setting stands in it four times: told of, as a component, and as a field and a method
 * of the builder.
 *
 * @param prompts none for a model that reads no text, else one or several; each makes {@code count} pictures, all
 *   sampled as one batch
 * @param negativePrompts what to guide away from: none, one for all prompts, or one for each
 * @param secondPrompt what SDXL's second text encoder reads, or null for the same; likewise
 *   {@code secondNegativePrompt}
 * @param syntax whose notation prompts are in; it decides weighting and chunks, too
 * @param emphasis what weights do, of AUTOMATIC1111's notation
 * @param width in pixels, as {@code height}: a multiple of the autoencoder's reduction, mostly 8; or null
 * @param seed picture k of the batch is made of the random numbers of torch's generator for {@code seed + k}: each can
 *   be made again alone
 * @param steps of the sampler, at least 1, or null; {@code timesteps} instead gives them one by one, or is null
 * @param guidance scale of classifier-free guidance; 1 or less for none
 * @param guidanceRescale share by which a guided answer is brought back to the deviation of the conditional one, in [0,
 *   1]
 * @param eta noise of DDIM and its like, in [0, 1]
 * @param sampler usual name, web UI's name or class name
 * @param schedule of noise levels by its name, or null for the sampler's own
 * @param compat whose samplers and noise are meant where programs differ
 * @param clipSkip layers that are left out at the end of the text encoder
 * @param loras low-rank updates of this request alone, merged one after the other on top of those that the model was
 *   loaded with; its pictures are those of a model that was loaded with all of them
 * @param image (3, H, W) in [0, 1]: a picture to begin with, or to upscale
 * @param strength share of the chain that a picture to begin with is taken back, in (0, 1]
 * @param mask (1, H, W) in [0, 1], of the image's size: from 0.5 on the picture is painted anew
 * @param controls one for each control network that was loaded, in the same order
 * @param imagePrompt a picture as a prompt beside the text, or null
 * @param micro what SDXL is told of sizes
 * @param denoisingStart share of the training's noise levels that another model has walked; {@code latents} are its
 *   result
 * @param denoisingEnd share after which to stop, for another model to go on with the latents
 * @param latents (N, L, h, w) to go on with
 * @param noiseLevel of an upscaler's picture, a training timestep
 * @param tiling of the autoencoder, or null for pictures in one piece
 * @param labels class of each picture, or one for all, or null
 * @param imageEmbeddings (K, E) that unCLIP decodes in the place of those that its prior makes of texts, each for as
 *   many pictures in turn
 * @param priorSteps of unCLIP's prior, at least 2; without it {@code steps}
 * @param priorGuidance likewise, its guidance
 * @param hires a second pass at a larger size, or null
 * @param enlargingSteps of the networks that make unCLIP's picture larger, at least 2
 */
public record GenerationRequest(
    List<String> prompts,
    List<String> negativePrompts,
    String secondPrompt,
    String secondNegativePrompt,
    PromptSyntax syntax,
    Emphasis emphasis,
    Integer width,
    Integer height,
    int count,
    long seed,
    Integer steps,
    double[] timesteps,
    Double guidance,
    double guidanceRescale,
    Double eta,
    String sampler,
    String schedule,
    Compat compat,
    int clipSkip,
    List<LoadOptions.Lora> loras,
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
    Tiling tiling,
    long[] labels,
    Tensor imageEmbeddings,
    Integer priorSteps,
    Double priorGuidance,
    Integer enlargingSteps,
    HiresFix hires) {

  /** Of an upscaler's picture, by its published configuration. */
  static final int USUAL_NOISE_LEVEL = 20;

  /** How a prompt is read. */
  public enum PromptSyntax {
    /**
     * AUTOMATIC1111's: {@code (word:1.3)}, {@code [word]}, {@code [from:to:when]}, {@code [a|b]}, {@code AND} and
     * {@code BREAK} have their meaning, and prompts may be of any length.
     */
    A1111,
    /** ComfyUI's: {@code (word:1.3)} and {@code embedding:name}; prompts may be of any length. */
    COMFY,
    /**
     * Every character stands for itself; what does not fit the text encoder is cut with a warning, as diffusers does.
     */
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
    /**
     * Checks start and end.
     *
     * @throws IllegalArgumentException if the shares are out of their range
     */
    public ControlImage {
      require(start >= 0 && end <= 1 && start < end, "a control picture's start and end", start + " and " + end,
          "in [0, 1], start first");
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
    /**
     * Checks that there is one picture.
     *
     * @throws IllegalArgumentException unless exactly one of the picture and the pixels is given
     */
    public ImagePrompt {
      require(picture != null != (pixels != null), "an image prompt", "a picture and pixels, or neither",
          "one of them");
    }
  }

  /**
   * Copies lists and arrays, and checks what can be told without the model; tensors are not copied.
   *
   * @throws IllegalArgumentException naming what is out of its range
   */
  public GenerationRequest {
    prompts = List.copyOf(prompts);
    negativePrompts = List.copyOf(negativePrompts);
    controls = List.copyOf(controls);
    loras = List.copyOf(loras);
    timesteps = timesteps == null ? null : timesteps.clone();
    labels = labels == null ? null : labels.clone();
    Objects.requireNonNull(syntax, "syntax");
    Objects.requireNonNull(emphasis, "emphasis");
    Objects.requireNonNull(compat, "compat");
    Objects.requireNonNull(micro, "micro");
    require(negativePrompts.size() <= 1 || negativePrompts.size() == prompts.size(), "the number of negative prompts",
        negativePrompts.size(), "0, 1 or that of the prompts, " + prompts.size());
    require(count >= 1, "count", count, "at least 1");
    require((long) Math.max(1, prompts.size()) * count <= Integer.MAX_VALUE, "the number of pictures",
        (long) Math.max(1, prompts.size()) * count, "at most " + Integer.MAX_VALUE);
    require(steps == null || steps >= 1, "steps", steps, "at least 1");
    require(width == null || width >= 1 && height != null && height >= 1, "the size", width + "x" + height,
        "at least 1x1");
    require(guidance == null || Double.isFinite(guidance), "guidance", guidance, "a number");
    require(guidanceRescale >= 0 && guidanceRescale <= 1, "guidanceRescale", guidanceRescale, "in [0, 1]");
    require(clipSkip >= 0, "clipSkip", clipSkip, "at least 0");
    require(strength == null || strength > 0 && strength <= 1, "strength", strength, "above 0 and at most 1");
    require(denoisingStart >= 0 && denoisingStart < 1, "denoisingStart", denoisingStart, "in [0, 1)");
    require(denoisingEnd > denoisingStart && denoisingEnd <= 1, "denoisingEnd", denoisingEnd,
        "above denoisingStart, at most 1");
    require(mask == null || image != null, "the mask", "without an image", "given with one");
    require(image == null || image.shape().rank() == 3 && image.shape().dim(0) == 3, "the image", image,
        "of the shape (3, H, W)");
    require(mask == null || mask.shape().rank() == 3 && mask.shape().dim(0) == 1, "the mask", mask,
        "of the shape (1, H, W)");
    require(priorSteps == null || priorSteps >= 2, "priorSteps", priorSteps, "at least 2");
    require(enlargingSteps == null || enlargingSteps >= 2, "enlargingSteps", enlargingSteps, "at least 2");
    require(priorGuidance == null || Double.isFinite(priorGuidance), "priorGuidance", priorGuidance, "a number");
    int samples = Math.max(1, prompts.size()) * count;
    require(labels == null || labels.length == 1 || labels.length == samples, "the number of classes",
        labels == null ? 0 : labels.length, "1 or that of the pictures, " + samples);
    require(
        imageEmbeddings == null || imageEmbeddings.shape().rank() == 2 && samples % imageEmbeddings.shape().dim(0) == 0,
        "the number of embeddings", imageEmbeddings == null ? 0 : imageEmbeddings.shape(),
        "a divisor of that of the pictures, " + samples);
  }

  private static void require(boolean holds, String what, Object value, String allowed) {
    if (!holds) {
      throw new IllegalArgumentException(what + " is " + value + ", must be " + allowed);
    }
  }

  /** Pictures in all. */
  public int samples() {
    return Math.max(1, prompts.size()) * count;
  }

  /** Text to picture, with what is usual for the rest. */
  public static Builder prompt(String prompt) {
    return new Builder().prompts(List.of(prompt));
  }

  /** For a model that needs neither a text nor a class. */
  public static Builder unconditional() {
    return new Builder();
  }

  /** For a model of pictures by class. */
  public static Builder ofClass(long label) {
    return new Builder().labels(label);
  }

  /** A copy, or null. */
  @Override
  public double[] timesteps() {
    return timesteps == null ? null : timesteps.clone();
  }

  /** A copy, or null. */
  @Override
  public long[] labels() {
    return labels == null ? null : labels.clone();
  }

  /** A builder that holds all of this request. */
  public Builder toBuilder() {
    Builder builder = new Builder();
    builder.prompts = prompts;
    builder.negativePrompts = negativePrompts;
    builder.secondPrompt = secondPrompt;
    builder.secondNegativePrompt = secondNegativePrompt;
    builder.syntax = syntax;
    builder.emphasis = emphasis;
    builder.width = width;
    builder.height = height;
    builder.count = count;
    builder.seed = seed;
    builder.steps = steps;
    builder.timesteps = timesteps;
    builder.guidance = guidance;
    builder.guidanceRescale = guidanceRescale;
    builder.eta = eta;
    builder.sampler = sampler;
    builder.schedule = schedule;
    builder.compat = compat;
    builder.clipSkip = clipSkip;
    builder.loras = loras;
    builder.image = image;
    builder.strength = strength;
    builder.mask = mask;
    builder.controls = controls;
    builder.imagePrompt = imagePrompt;
    builder.micro = micro;
    builder.denoisingStart = denoisingStart;
    builder.denoisingEnd = denoisingEnd;
    builder.latents = latents;
    builder.noiseLevel = noiseLevel;
    builder.tiling = tiling;
    builder.labels = labels;
    builder.imageEmbeddings = imageEmbeddings;
    builder.priorSteps = priorSteps;
    builder.priorGuidance = priorGuidance;
    builder.enlargingSteps = enlargingSteps;
    builder.hires = hires;
    return builder;
  }

  /** Collects what is not as usual. Not thread-safe. */
  public static final class Builder {

    private List<String> prompts = List.of();
    private List<String> negativePrompts = List.of();
    private String secondPrompt;
    private String secondNegativePrompt;
    private PromptSyntax syntax = PromptSyntax.A1111;
    private Emphasis emphasis = Emphasis.ORIGINAL;
    private Integer width;
    private Integer height;
    private int count = 1;
    private long seed;
    private Integer steps;
    private double[] timesteps;
    private Double guidance;
    private double guidanceRescale;
    private Double eta;
    private String sampler;
    private String schedule;
    private Compat compat = Compat.DIFFUSERS;
    private int clipSkip;
    private List<LoadOptions.Lora> loras = List.of();
    private Tensor image;
    private Double strength;
    private Tensor mask;
    private List<ControlImage> controls = List.of();
    private ImagePrompt imagePrompt;
    private MicroConditioning micro = MicroConditioning.USUAL;
    private double denoisingStart;
    private double denoisingEnd = 1;
    private Tensor latents;
    private int noiseLevel = USUAL_NOISE_LEVEL;
    private Tiling tiling;
    private long[] labels;
    private Tensor imageEmbeddings;
    private Integer priorSteps;
    private Double priorGuidance;
    private Integer enlargingSteps;
    private HiresFix hires;

    private Builder() {}

    /** One or several, each for {@code count} pictures. */
    public Builder prompts(List<String> prompts) {
      this.prompts = prompts;
      return this;
    }

    /** What to guide away from, or null for nothing. */
    public Builder negativePrompt(String prompt) {
      this.negativePrompts = prompt == null ? List.of() : List.of(prompt);
      return this;
    }

    /** None, one for all prompts, or one for each. */
    public Builder negativePrompts(List<String> prompts) {
      this.negativePrompts = prompts;
      return this;
    }

    /** What SDXL's second text encoder reads; null for what the first does. */
    public Builder secondPrompts(String prompt, String negative) {
      this.secondPrompt = prompt;
      this.secondNegativePrompt = negative;
      return this;
    }

    /** Whose notation prompts are in. */
    public Builder syntax(PromptSyntax syntax) {
      this.syntax = syntax;
      return this;
    }

    /** What weights of words do. */
    public Builder emphasis(Emphasis emphasis) {
      this.emphasis = emphasis;
      return this;
    }

    /** In pixels, mostly multiples of 8. */
    public Builder size(int width, int height) {
      this.width = width;
      this.height = height;
      return this;
    }

    /** Pictures of each prompt, at least 1, all sampled as one batch. */
    public Builder count(int count) {
      this.count = count;
      return this;
    }

    /** Picture k of the batch is made of {@code seed + k}. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** Number of the sampler's steps, at least 1; null for what is usual. */
    public Builder steps(Integer steps) {
      this.steps = steps;
      return this;
    }

    /** The steps one by one, instead of their number. */
    public Builder timesteps(double... timesteps) {
      this.timesteps = timesteps;
      return this;
    }

    /** Scale of classifier-free guidance, 1 or less for none; null for what is usual. */
    public Builder guidance(Double scale) {
      this.guidance = scale;
      return this;
    }

    /** Scale of classifier-free guidance; 1 or less for none. */
    public Builder guidance(double guidance) {
      this.guidance = guidance;
      return this;
    }

    /** Share by which guidance is brought back to the conditional deviation, in [0, 1]. */
    public Builder guidanceRescale(double share) {
      this.guidanceRescale = share;
      return this;
    }

    /** Noise of DDIM and its like, in [0, 1]. */
    public Builder eta(double eta) {
      this.eta = eta;
      return this;
    }

    /** Usual name, web UI's name or class name, or null for the model's own. */
    public Builder sampler(String name) {
      this.sampler = name;
      return this;
    }

    /** Schedule of noise levels by its name, such as {@code karras}; null for the sampler's own. */
    public Builder schedule(String name) {
      this.schedule = name;
      return this;
    }

    /** Whose samplers and noise are meant where programs differ. */
    public Builder compat(Compat compat) {
      this.compat = compat;
      return this;
    }

    /** Layers that are left out at the end of the text encoder. */
    public Builder clipSkip(int layers) {
      this.clipSkip = layers;
      return this;
    }

    /** {@link #lora(Path, double, double)} with one strength for all. */
    public Builder lora(Path file, double weight) {
      return lora(file, weight, weight);
    }

    /**
     * One more file or folder of low-rank updates, see {@link LoadOptions.Lora}.
     *
     * @param weight the strength of the U-Net's, and {@code textWeight} of the text encoders'
     */
    public Builder lora(Path file, double weight, double textWeight) {
      List<LoadOptions.Lora> all = new ArrayList<>(loras);
      all.add(new LoadOptions.Lora(file, weight, textWeight));
      return loras(all);
    }

    /** All of them, in place of those that were given before. */
    public Builder loras(List<LoadOptions.Lora> loras) {
      this.loras = loras;
      return this;
    }

    /** A picture to begin with; its transparency is not looked at. */
    public Builder image(BufferedImage image) {
      return image(Images.toUnit(image));
    }

    /** (3, H, W) in [0, 1]: a picture to begin with, or to upscale. */
    public Builder image(Tensor image) {
      this.image = image;
      return this;
    }

    /** Share of the chain that the picture is taken back, in (0, 1]. */
    public Builder strength(double strength) {
      this.strength = strength;
      return this;
    }

    /** White is painted anew. */
    public Builder mask(BufferedImage mask) {
      return mask(Images.toLuminance(mask));
    }

    /** (1, H, W) in [0, 1], of the picture's size: from 0.5 on it is painted anew. */
    public Builder mask(Tensor mask) {
      this.mask = mask;
      return this;
    }

    /** A picture for a control network, of full influence over the whole run. */
    public Builder control(BufferedImage image) {
      return controls(List.of(new ControlImage(Images.toUnit(image), 1, 0, 1, false)));
    }

    /** One for each control network that was loaded, in the same order. */
    public Builder controls(List<ControlImage> controls) {
      this.controls = controls;
      return this;
    }

    /** A picture as a prompt, for a model with an IP-Adapter. */
    public Builder imagePrompt(BufferedImage picture, double scale) {
      return imagePrompt(new ImagePrompt(picture, null, scale));
    }

    /** A picture as a prompt, or null for none. */
    public Builder imagePrompt(ImagePrompt prompt) {
      this.imagePrompt = prompt;
      return this;
    }

    /** What SDXL is told of sizes. */
    public Builder micro(MicroConditioning micro) {
      this.micro = micro;
      return this;
    }

    /** Goes on with latents of another model, which has walked that share of the levels. */
    public Builder denoisingStart(double share, Tensor latents) {
      this.denoisingStart = share;
      this.latents = latents;
      return this;
    }

    /** Stops after that share of the levels, for another model to go on. */
    public Builder denoisingEnd(double share) {
      this.denoisingEnd = share;
      return this;
    }

    /** Of an upscaler's picture, a training timestep. */
    public Builder noiseLevel(int timestep) {
      this.noiseLevel = timestep;
      return this;
    }

    /** Of the autoencoder, or null for pictures in one piece. */
    public Builder tiling(Tiling tiling) {
      this.tiling = tiling;
      return this;
    }

    /** Class of each picture, or one for all. */
    public Builder labels(long... labels) {
      this.labels = labels;
      return this;
    }

    /** Pictures of embeddings instead of texts, or beside them. */
    public Builder imageEmbeddings(Tensor embeddings) {
      this.imageEmbeddings = embeddings;
      return this;
    }

    /** Of unCLIP's prior: at least 2 steps, and its guidance; null for those of the decoder. */
    public Builder prior(Integer steps, Double guidance) {
      this.priorSteps = steps;
      this.priorGuidance = guidance;
      return this;
    }

    /** Of the networks that make unCLIP's picture larger, at least 2. */
    public Builder enlargingSteps(Integer steps) {
      this.enlargingSteps = steps;
      return this;
    }

    /** A second pass at a larger size; null for none. */
    public Builder hires(HiresFix pass) {
      this.hires = pass;
      return this;
    }

    /**
     * The request, checked.
     *
     * @throws IllegalArgumentException naming what is out of its range
     */
    public GenerationRequest build() {
      return new GenerationRequest(prompts, negativePrompts, secondPrompt, secondNegativePrompt, syntax, emphasis,
          width, height,
          count, seed,
          steps, timesteps, guidance, guidanceRescale, eta, sampler, schedule, compat, clipSkip, loras, image, strength,
          mask,
          controls,
          imagePrompt, micro, denoisingStart,
          denoisingEnd, latents, noiseLevel, tiling, labels, imageEmbeddings, priorSteps, priorGuidance,
          enlargingSteps, hires);
    }
  }
}
