package dev.langevin.pipeline;

import dev.langevin.plan.PlanSize;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A request's sizes with what is usual filled in; a request that does not fit the model has none.
 *
 * @param width of the pictures, as {@code height}
 * @param latents (N, L, h, w)
 * @param guidance scale
 * @param guided whether each step has a negative half
 * @param extra channels that the network sees beside the sample
 * @param chunks of the longest prompt
 * @param strength of a picture to begin with
 * @param image the request's picture, of the pictures' size but for an upscaler; or null
 * @param mask likewise
 */
record RequestShape(
    int width, int height, Shape latents, double guidance, boolean guided, int extra, int chunks, double strength, Tensor image, Tensor mask) {

  static RequestShape of(DiffusionModel model, GenerationRequest request) {
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
    boolean guided = guidance > 1 && model.config.timeConditionDim() == null;
    List<List<String>> all = new ArrayList<>();
    for (String prompt : request.prompts()) {
      all.add(request.secondPrompt() == null ? List.of(prompt) : List.of(prompt, request.secondPrompt()));
    }
    if (guided) {
      request.negativePrompts().forEach(prompt ->
          all.add(request.secondNegativePrompt() == null ? List.of(prompt) : List.of(prompt, request.secondNegativePrompt())));
    }
    Shape latents = Shape.of(request.samples(), model.config.outChannels(), height / reduction, width / reduction);
    if (given != null && !given.equals(latents)) {
      throw new IllegalArgumentException("the latents are " + given + ", this request takes " + latents);
    }
    double strength = request.strength() != null ? request.strength() : request.mask() != null ? 1 : model.usualStrength();
    return new RequestShape(width, height, latents, guidance, guided, extra, model.prompts.chunks(all, request.syntax()), strength,
        image, mask);
  }

  private static void requireFit(DiffusionModel model, GenerationRequest request, int extra) {
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
    if (request.denoisingStart() > 0 && request.latents() == null) {
      throw new IllegalArgumentException("denoisingStart is " + request.denoisingStart() + ", but there are no latents to go on with");
    }
  }

  private static void requireSize(String what, Tensor picture, int width, int height) {
    if (picture.shape().intDim(1) != height || picture.shape().intDim(2) != width) {
      throw new IllegalArgumentException(what + " is " + picture.shape().dim(2) + "x" + picture.shape().dim(1)
          + ", the pictures are " + width + "x" + height + "; resize it first");
    }
  }

  /**
   * What the request takes of memory.
   *
   * @param maxBytes where it would take more, the U-Net does with slower kernels that take less, and if that is not enough, networks are
   *     freed when their part is done
   */
  RequestPlan plan(DiffusionModel model, GenerationRequest request, long maxBytes) {
    Map<String, PlanSize> networks = new LinkedHashMap<>();
    model.prompts.sizes(request.clipSkip(), networks);
    int samples = request.samples();
    int h = latents.intDim(2);
    int w = latents.intDim(3);
    LatentDiffusion.PlanShape network = new LatentDiffusion.PlanShape(guided ? 2 * samples : samples, h, w,
        chunks * model.prompts.length(), model.config.textTime() ? model.timeIds() : 0, extra, !model.controls.isEmpty(),
        request.imagePrompt() == null ? null : model.adapter(request.imagePrompt().scale()), LatentDiffusion.COMFORTABLE);
    if (request.imagePrompt() != null) {
      networks.put("image_encoder", model.imageEncoder.size());
    }
    networks.put(UNET, model.diffusion.size(network));
    for (int i = 0; i < model.controls.size(); i++) {
      networks.put(i == 0 ? "controlnet" : "controlnet_" + i, model.diffusion.controlSize(model.controls.get(i).config(), network));
    }
    if (request.image() != null && !model.upscales()) {
      networks.put("vae.encoder", model.codec.encoderSize(height, width, request.tiling()));
    }
    if (request.denoisingEnd() == 1) {
      networks.put("vae.decoder", model.codec.decoderSize(samples, h, w, request.tiling()));
    }
    long pixels = (long) samples * 3 * width * height * 4;
    long tiles = request.tiling() == null ? 1 : 4; // beside the whole, tiles that overlap by less than half on each side
    RequestPlan plan = new RequestPlan(networks, (2 + tiles) * pixels + REGISTERS * latents.elements() * 4, false);
    for (boolean inTurn : new boolean[] {false, true}) {
      plan = new RequestPlan(networks, plan.pictures(), inTurn);
      long excess = plan.peakBytes() - maxBytes;
      if (excess > 0) {
        networks.put(UNET, model.diffusion.size(network.within(networks.get(UNET).bytes() - excess)));
        plan = new RequestPlan(networks, plan.pictures(), inTurn);
      }
      if (plan.peakBytes() <= maxBytes) {
        return plan;
      }
    }
    return plan;
  }

  static final String UNET = "unet";

  /** Samples that the reverse chain holds: the registers of a transition and copies of the result. */
  private static final int REGISTERS = 16;
}
