package dev.langevin.server.sdapi;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.cli.PictureText;
import dev.langevin.image.GenerationParameters;
import dev.langevin.request.HiresFix.Method;
import dev.langevin.server.ServedModel;
import dev.langevin.server.ServerContext;
import dev.langevin.server.sdapi.PictureMaker.Made;
import dev.langevin.server.sdapi.PictureMaker.Picture;
import java.time.LocalDateTime;
import java.time.format.DateTimeFormatter;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How pictures were made, in AUTOMATIC1111's words: the text within each, and {@code info} of an answer. The text's
 * {@code Version} names this program, so that {@code langevin generate --from} repeats it by its own rules.
 */
final class Infotexts {

  private final PictureCall call;
  private final Made made;
  private final ServedModel model;

  Infotexts(PictureCall call, Made made, ServedModel model) {
    this.call = call;
    this.made = made;
    this.model = model;
  }

  String of(Picture picture) {
    return new GenerationParameters(call.prompt(), call.negative(), fields(picture.seed())).format();
  }

  private Map<String, String> fields(long seed) {
    Map<String, String> fields = new LinkedHashMap<>();
    fields.put("Steps", Integer.toString(call.steps()));
    if (made.sampler() != null) {
      fields.put("Sampler", made.sampler().sampler());
      fields.put("Schedule type", made.sampler().label());
    }
    fields.put("CFG scale", number(made.guidance()));
    fields.put("Seed", Long.toString(seed));
    fields.put("Size", made.width() + "x" + made.height());
    fields.put("Model", model.name());
    if (!call.settings().vae().equals(Settings.AUTOMATIC)) {
      fields.put("VAE", call.settings().vae());
    }
    if (strength() != null) {
      fields.put("Denoising strength", number(strength()));
    }
    if (call.clipSkip() > 1) {
      fields.put("Clip skip", Integer.toString(call.clipSkip()));
    }
    fields.put("RNG", "CPU");
    fields.putAll(extra());
    if (made.sampler() != null) {
      fields.put("compat", "A1111");
    }
    fields.putAll(made.machine());
    return fields;
  }

  private Double strength() {
    return call.hires() != null ? Double.valueOf(call.hires().strength()) : call.strength();
  }

  /** What the web UI calls extra parameters of a generation. */
  private Map<String, String> extra() {
    Map<String, String> extra = new LinkedHashMap<>();
    Hires hires = call.hires();
    if (hires != null) {
      extra.put("Hires upscale", number(hires.scale()));
      if (hires.steps() > 0) {
        extra.put("Hires steps", Integer.toString(hires.steps()));
      }
      extra.put("Hires upscaler", hires.method() == Method.LANCZOS ? "Lanczos" : hires.upscaler());
    }
    Repainting.Masking masking = call.masking();
    if (masking != null) {
      if (masking.blurAcross() > 0 || masking.blurDown() > 0) {
        extra.put("Mask blur", Integer.toString(masking.blurAcross()));
      }
      if (masking.inverted()) {
        extra.put("Mask mode", "Inpaint not masked");
      }
      if (masking.onlyMasked()) {
        extra.put("Inpaint area", "Only masked");
        extra.put("Masked area padding", Integer.toString(masking.around()));
      }
      if (masking.filled()) {
        extra.put("Masked content", "fill");
      }
    }
    for (int i = 0; i < call.controls().size(); i++) {
      ControlUnit unit = call.controls().get(i);
      extra.put("ControlNet " + i, "Module: none, Model: " + unit.model() + ", Weight: " + number(unit.weight())
          + ", Guidance Start: " + number(unit.start()) + ", Guidance End: " + number(unit.end()));
    }
    return extra;
  }

  /** Whole numbers without a point. */
  static String number(double value) {
    return value == Math.rint(value) && Math.abs(value) < 1e15 ? Long.toString((long) value) : Double.toString(value);
  }

  /** The text of JSON that an answer holds. */
  String info() {
    ObjectNode info = ServerContext.JSON.createObjectNode();
    info.put("prompt", call.prompt());
    ArrayNode prompts = info.putArray("all_prompts");
    info.put("negative_prompt", call.negative());
    ArrayNode negatives = info.putArray("all_negative_prompts");
    info.put("seed", call.seed());
    ArrayNode seeds = info.putArray("all_seeds");
    info.put("subseed", call.seed());
    ArrayNode subseeds = info.putArray("all_subseeds");
    info.put("subseed_strength", 0);
    info.put("width", made.width());
    info.put("height", made.height());
    info.put("sampler_name", made.sampler() == null ? null : made.sampler().sampler());
    info.put("cfg_scale", made.guidance());
    info.put("steps", call.steps());
    info.put("batch_size", call.batch());
    info.put("restore_faces", false);
    info.putNull("face_restoration_model");
    info.put("sd_model_name", model.name());
    info.putNull("sd_model_hash");
    info.put("sd_vae_name", call.settings().vae().equals(Settings.AUTOMATIC) ? null : call.settings().vae());
    info.putNull("sd_vae_hash");
    info.put("seed_resize_from_w", -1);
    info.put("seed_resize_from_h", -1);
    info.put("denoising_strength", strength());
    ObjectNode extra = info.putObject("extra_generation_params");
    if (made.sampler() != null) {
      extra.put("Schedule type", made.sampler().label());
    }
    extra().forEach(extra::put);
    info.put("index_of_first_image", 0);
    ArrayNode texts = info.putArray("infotexts");
    for (Picture picture : made.pictures()) {
      prompts.add(call.prompt());
      negatives.add(call.negative());
      seeds.add(picture.seed());
      subseeds.add(picture.seed());
      texts.add(of(picture));
    }
    call.styles().forEach(info.putArray("styles")::add);
    info.put("job_timestamp", LocalDateTime.now().format(DateTimeFormatter.ofPattern("yyyyMMddHHmmss")));
    info.put("clip_skip", call.clipSkip());
    info.put("is_using_inpainting_conditioning", false);
    info.put("version", PictureText.program());
    made.warnings().forEach(info.putArray("warnings")::add);
    return info.toString();
  }
}
