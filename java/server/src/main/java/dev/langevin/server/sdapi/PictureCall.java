package dev.langevin.server.sdapi;

import dev.langevin.server.Fault;
import com.fasterxml.jackson.databind.JsonNode;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * What a call of {@code txt2img} or {@code img2img} asks for, checked as far as it can be without the model. Immutable
 * by convention.
 *
 * @param width in pixels, as {@code height}; null for the model's usual size
 * @param batch pictures made at once, {@code batches} times
 * @param seed of the first picture; drawn where the request says -1
 * @param guidance or null for what is usual
 * @param sampler or null where the request names none
 * @param eta or null for what is usual
 * @param clipSkip the text encoder's layer from the end, 1 the last
 * @param begun pictures to begin with; none for text to picture
 * @param strength share of the chain that these are taken back, or null
 * @param masking or null
 * @param networks whether the prompt's tags call updates of the weights
 * @param warnings what was not read
 */
record PictureCall(String prompt, String negative, List<String> styles, Integer width, Integer height, int batch,
    int batches, long seed, int steps, Double guidance, SamplerList.Chosen sampler, Double eta, int clipSkip,
    Hires hires, List<BufferedImage> begun, Double strength, Fitting fitting, Repainting.Masking masking,
    List<ControlUnit> controls, Settings settings, boolean networks, boolean sendsImages, boolean echoesImages,
    List<String> warnings) {

  /** Limits of the web UI's sliders; the model's memory sets others. */
  private static final int MOST_STEPS = 1000;
  private static final int MOST_BATCH = 64;
  private static final int MOST_BATCHES = 1000;
  private static final int MOST_SIDE = 1 << 14;
  private static final int MOST_BLUR = 64;

  /** What the web UI takes where a request says nothing. */
  private static final int USUAL_STEPS = 50;
  private static final double USUAL_STRENGTH = 0.75;
  private static final int USUAL_BLUR = 4;

  /** @throws Fault naming a field that cannot be honoured */
  static PictureCall of(JsonNode body, boolean ofPicture, Settings usual) {
    Fields fields = Fields.of(body);
    List<String> warnings = new ArrayList<>();
    OtherFields.refuse(fields);
    Fields override = fields.object("override_settings");
    Settings settings = usual.with(override, warnings);
    fields.flag("override_settings_restore_afterwards", true);
    int[] size = size(fields);
    Hires hires = ofPicture ? null : Hires.of(fields, size);
    Begun begun = ofPicture ? Begun.of(fields) : Begun.NOTHING;
    long seed = fields.longer("seed", -1, Long.MIN_VALUE, Long.MAX_VALUE);
    int skip = fields.whole("clip_skip", settings.clipSkip(), 0, Settings.MOST_CLIP_SKIP);
    List<ControlUnit> controls = ControlUnit.of(fields.object("alwayson_scripts"), warnings);
    PictureCall call = new PictureCall(fields.text("prompt", ""), fields.text("negative_prompt", ""),
        fields.texts("styles"), size == null ? null : size[0], size == null ? null : size[1],
        fields.whole("batch_size", 1, 1, MOST_BATCH), fields.whole("n_iter", 1, 1, MOST_BATCHES),
        seed == -1 ? ThreadLocalRandom.current().nextLong(1L << 32) : seed,
        fields.whole("steps", USUAL_STEPS, 1, MOST_STEPS), fields.number("cfg_scale", null, 0, 1000),
        sampler(fields), fields.number("eta", null, 0, 1),
        Math.max(1, override.has("CLIP_stop_at_last_layers") ? settings.clipSkip() : skip), hires, begun.images,
        begun.strength, begun.fitting, begun.masking, controls, settings,
        !fields.flag("disable_extra_networks", false), fields.flag("send_images", true),
        fields.flag("include_init_images", false), warnings);
    fields.unread().forEach(name -> warnings.add(name + " is not known here and was not read"));
    return call;
  }

  /** Pictures to begin with and their mask. */
  private record Begun(List<BufferedImage> images, Double strength, Fitting fitting, Repainting.Masking masking) {

    private static final Begun NOTHING = new Begun(List.of(), null, Fitting.STRETCHED, null);

    static Begun of(Fields fields) {
      List<BufferedImage> images = new ArrayList<>();
      for (JsonNode each : fields.list("init_images")) {
        images.add(SentPictures.opaque(SentPictures.of("init_images[" + images.size() + "]", each)));
      }
      if (images.isEmpty()) {
        throw new Fault(Fault.NOT_FOUND, "not_found", "init_images holds no picture; give one in base64");
      }
      double strength = fields.number("denoising_strength", USUAL_STRENGTH, 0, 1);
      if (strength == 0) {
        throw Refusal.of("denoising_strength is 0, which leaves the picture as it is; give more than 0");
      }
      int mode = fields.whole("resize_mode", 0, 0, 3);
      if (Fitting.of(mode) == null) {
        throw Refusal.of("resize_mode is 3, the web UI's latent upscale, which is not here; give 0 (just resize), 1"
            + " (crop and resize) or 2 (resize and fill)");
      }
      return new Begun(images, strength, Fitting.of(mode), masking(fields));
    }

    private static Repainting.Masking masking(Fields fields) {
      int blur = fields.whole("mask_blur", USUAL_BLUR, 0, MOST_BLUR);
      int across = fields.has("mask_blur") ? blur : fields.whole("mask_blur_x", blur, 0, MOST_BLUR);
      int down = fields.has("mask_blur") ? blur : fields.whole("mask_blur_y", blur, 0, MOST_BLUR);
      int fill = fields.whole("inpainting_fill", 0, 0, 3);
      boolean onlyMasked = fields.flag("inpaint_full_res", true);
      int around = fields.whole("inpaint_full_res_padding", 0, 0, MOST_SIDE);
      boolean inverted = fields.flag("inpainting_mask_invert", false);
      boolean rounded = fields.flag("mask_round", true);
      JsonNode mask = fields.get("mask");
      if (mask.isMissingNode() || mask.isTextual() && mask.textValue().isEmpty()) {
        return null;
      }
      if (fill > 1) {
        throw Refusal.of("inpainting_fill is " + fill + " (latent " + (fill == 2 ? "noise" : "nothing")
            + "), which is not here; give 0 (fill) or 1 (original)");
      }
      if (!rounded) {
        throw Refusal.of("mask_round is false, but masks are black or white here; leave it away");
      }
      return new Repainting.Masking(Gray.maskOf(SentPictures.of("mask", mask)), inverted, across, down, onlyMasked,
          around,
          fill == 0);
    }
  }

  private static int[] size(Fields fields) {
    int width = fields.whole("width", 0, 1, MOST_SIDE);
    int height = fields.whole("height", 0, 1, MOST_SIDE);
    if (width == 0 && height == 0) {
      return null;
    }
    return new int[] {width == 0 ? height : width, height == 0 ? width : height};
  }

  private static SamplerList.Chosen sampler(Fields fields) {
    String name = fields.text("sampler_name", "");
    name = name.isBlank() ? fields.text("sampler_index", "") : name;
    fields.get("sampler_index");
    String scheduler = fields.text("scheduler", "");
    return name.isBlank() && scheduler.isBlank() ? null
        : SamplerList.choose(name.isBlank() ? SamplerList.USUAL : name, scheduler);
  }

  /** Pictures in all. */
  int pictures() {
    return batch * batches;
  }
}
