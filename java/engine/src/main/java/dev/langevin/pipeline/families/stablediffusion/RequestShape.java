package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.pipeline.stages.LatentDiffusion;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.PromptSchedule.Moments;
import java.util.Map;
import java.util.stream.Stream;

/**
 * A request's sizes with what is usual filled in; a request that does not fit the model has none.
 *
 * @param width of the pictures, as {@code height}
 * @param latents (N, L, h, w)
 * @param guidance scale
 * @param guided whether each step has a negative half
 * @param extra channels that the network sees beside the sample
 * @param adapted the networks under the request's updates
 * @param prompts taken apart
 * @param steps of the whole chain
 * @param strength of a picture to begin with
 * @param image the request's picture, of the pictures' size but for an upscaler; or null
 * @param mask likewise
 */
record RequestShape(
    int width, int height, Shape latents, double guidance, boolean guided, int extra, Adapted adapted,
    RequestPrompts prompts,
    double strength,
    int steps, Tensor image, Tensor mask) {

  private static final int USUAL_STEPS = 20;

  static RequestShape of(StableDiffusionModel model, GenerationRequest request) {
    return of(model, request, model.adaptations.of(request.loras()), 0, 0);
  }

  /**
   * Of the second pass of a picture that was enlarged, where moments of texts count on from the first.
   *
   * @param adapted of the first
   * @param walked steps of this pass; 0 where there is no pass before
   * @param before steps of the first
   */
  static RequestShape of(StableDiffusionModel model, GenerationRequest request, Adapted adapted, int walked,
      int before) {
    int reduction = model.codec.reduction();
    int extra = model.config.inChannels() - model.config.outChannels();
    boolean upscales = model.upscales();
    requireFit(model, request, extra);
    int factor = upscales ? reduction : 1; // an upscaler's sample is of its picture's size
    Shape given = request.latents() != null ? request.latents().shape() : null;
    Shape picture = request.image() == null ? null : request.image().shape();
    int width = request.width() != null ? request.width()
        : given != null ? given.intDim(3) * reduction
        : picture != null ? picture.intDim(2) * factor / reduction * reduction
        : model.usualSide();
    int height = request.height() != null ? request.height()
        : given != null ? given.intDim(2) * reduction
        : picture != null ? picture.intDim(1) * factor / reduction * reduction
        : model.usualSide();
    if (width < reduction || height < reduction || width % reduction != 0 || height % reduction != 0) {
      throw new IllegalArgumentException(
          "the size is " + width + "x" + height + "; both sides must be multiples of " + reduction + ", at least that");
    }
    Tensor image = request.image();
    Tensor mask = request.mask();
    if (image != null && !upscales) {
      requireSize("the image", image, width, height);
    }
    if (mask != null) {
      requireSize("the mask", mask, width, height);
    }
    request.controls().forEach(control -> requireSize("a control picture", control.image(), width, height));
    double guidance = request.guidance() != null ? request.guidance() : model.usualGuidance();
    boolean adds = RequestPrompts.adds(request);
    if (adds && model.config.timeConditionDim() != null) {
      throw new IllegalArgumentException("this model takes its guidance as an input and cannot add up conditions; leave"
          + " AND and a number at the prompt's end away, or read it with the plain syntax");
    }
    boolean both = model.samplers.of(request).needsUnconditional();
    if (both && (model.config.timeConditionDim() != null || guidance <= 0)) {
      throw new IllegalArgumentException("the sampler " + request.sampler()
          + " reads what the network says without the prompt, and there is no guidance; "
          + (guidance <= 0 ? "give a guidance above 0" : "this model has its guidance built in")
          + ", or take a sampler without CFG++");
    }
    boolean guided = (guidance > 1 || adds || both) && model.config.timeConditionDim() == null;
    if (request.guidanceRescale() != 0 && !guided) {
      throw new IllegalArgumentException("guidanceRescale is " + request.guidanceRescale() + ", but nothing is guided"
          + (model.config.timeConditionDim() == null ? " by a guidance of " + guidance : " in this model")
          + "; leave it away, or guide by more than 1");
    }
    int steps = request.steps() != null ? request.steps() : USUAL_STEPS;
    int calls = editedCalls(model, request, steps);
    int all = request.timesteps() != null ? request.timesteps().length : steps;
    Moments moments = walked == 0 ? Moments.of(all * calls) : new Moments(walked * calls, before * calls, true, false);
    RequestPrompts prompts = RequestPrompts.of(adapted, request, moments, guided);
    Shape latents = Shape.of(request.samples(), model.config.outChannels(), height / reduction, width / reduction);
    if (given != null && !given.equals(latents)) {
      throw new IllegalArgumentException("the latents are " + given + ", this request takes " + latents);
    }
    double strength =
        request.strength() != null ? request.strength() : request.mask() != null ? 1 : model.usualStrength();
    return new RequestShape(width, height, latents, guidance, guided, extra,
        adapted, prompts, strength, steps, image, mask);
  }

  /** Calls of a step, by which moments of texts are counted: two where the sampler calls the network twice. */
  private static int editedCalls(StableDiffusionModel model, GenerationRequest request, int steps) {
    if (request.timesteps() != null || Stream.concat(request.prompts().stream(), request.negativePrompts().stream())
        .noneMatch(prompt -> prompt.indexOf('[') >= 0)) {
      return 1;
    }
    int calls = model.samplers.trajectory(model.samplers.of(request),
        new TrajectoryOptions(steps, 0, Map.of(), Map.of())).timesteps().length;
    return Math.max(1, (calls + 1) / steps); // such samplers' last step has one call
  }

  /** Groups of rows in the network's batch, each of all samples. */
  int groups() {
    return prompts.conditions() + (guided ? 1 : 0);
  }

  private static void requireFit(StableDiffusionModel model, GenerationRequest request, int extra) {
    if (request.prompts().isEmpty()) {
      throw new IllegalArgumentException("there is no prompt; give one, or \"\" for any picture");
    }
    if (model.upscales() && request.image() == null) {
      throw new IllegalArgumentException("this model makes a picture larger; give it an image");
    }
    if (!model.upscales() && extra > 0 && request.mask() == null) {
      throw new IllegalArgumentException("this model has a network for inpainting (" + model.config.inChannels()
          + " input channels); give it an image and a mask");
    }
    if (request.controls().size() != model.controls.size()) {
      throw new IllegalArgumentException("there are " + model.controls.size() + " control networks, the request has "
          + request.controls().size() + " control pictures; give one for each");
    }
    if (request.imagePrompt() != null && model.ipAdapter == null) {
      throw new IllegalArgumentException("a picture as a prompt needs an IP-Adapter; load the model with one");
    }
    if (request.strength() != null && (request.image() == null || request.latents() != null)) {
      throw new IllegalArgumentException("strength is " + request.strength()
          + ", but there is no picture to begin with; give an image, or leave it away");
    }
    if (request.denoisingStart() > 0 && request.latents() == null) {
      throw new IllegalArgumentException(
          "denoisingStart is " + request.denoisingStart() + ", but there are no latents to go on with");
    }
  }

  private static void requireSize(String what, Tensor picture, int width, int height) {
    if (picture.shape().intDim(1) != height || picture.shape().intDim(2) != width) {
      throw new IllegalArgumentException(what + " is " + picture.shape().dim(2) + "x" + picture.shape().dim(1)
          + ", the pictures are " + width + "x" + height + "; resize it first");
    }
  }

  /** What the U-Net is planned for. */
  LatentDiffusion.PlanShape network(StableDiffusionModel model, GenerationRequest request) {
    int samples = request.samples();
    return new LatentDiffusion.PlanShape(groups() * samples, latents.intDim(2), latents.intDim(3),
        prompts.chunks() * adapted.prompts().length(), model.config.textTime() ? model.timeIds() : 0, extra,
        !model.controls.isEmpty(),
        request.imagePrompt() == null ? null : model.adapter(request.imagePrompt().scale()));
  }

  /** Bytes of samples, noise and pictures. */
  long bytesBeside(GenerationRequest request) {
    long pixels = (long) request.samples() * 3 * width * height * 4;
    long tiles = request.tiling() == null ? 1 : 4; // beside the whole, tiles that overlap by less than half on each
                                                   // side
    int halves = prompts.adds() ? 4 : 0; // the sampler's own input and output beside the network's
    return (2 + tiles) * pixels + (REGISTERS + halves) * latents.elements() * 4;
  }

  /** Samples that the reverse chain holds: the registers of a transition and copies of the result. */
  private static final int REGISTERS = 16;
}
