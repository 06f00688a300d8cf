package dev.langevin.server.sdapi;

import dev.langevin.server.Fault;
import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.Images;
import dev.langevin.request.GenerationRequest.ControlImage;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A control picture, as the web UI's ControlNet extension takes it in {@code alwayson_scripts}.
 *
 * @param image or null for the picture to begin with
 * @param model the network's name
 * @param guess whether the half without a prompt does not see it
 */
record ControlUnit(BufferedImage image, String model, double weight, double start, double end, Fitting fitting,
    boolean guess) {

  private static final Map<String, Fitting> FITTINGS = Map.of("just resize", Fitting.STRETCHED, "resize",
      Fitting.STRETCHED, "crop and resize", Fitting.CROPPED, "scale to fit (inner fit)", Fitting.CROPPED, "inner fit",
      Fitting.CROPPED, "resize and fill", Fitting.FILLED, "envelope (outer fit)", Fitting.FILLED, "outer fit",
      Fitting.FILLED);

  /** Fields that change nothing without a preprocessor, or hang on the machine. */
  private static final List<String> WITHOUT_EFFECT = List.of("processor_res", "threshold_a", "threshold_b", "lowvram",
      "low_vram", "pixel_perfect", "guidance", "save_detected_map", "resize_mode", "hr_option", "is_ui", "input_mode",
      "batch_images", "output_dir", "loopback", "animatediff_batch", "batch_modifiers", "advanced_weighting",
      "union_control_type");

  /**
   * The enabled units of a request.
   *
   * @throws Fault naming any other script that is asked for
   */
  static List<ControlUnit> of(Fields scripts, List<String> warnings) {
    List<ControlUnit> units = new ArrayList<>();
    for (Map.Entry<String, JsonNode> script : scripts.all()) {
      Fields fields = scripts.object(script.getKey());
      List<JsonNode> args = fields.get("args").isObject() ? List.of(fields.get("args")) : fields.list("args");
      if (script.getKey().equalsIgnoreCase("controlnet")) {
        for (int i = 0; i < args.size(); i++) {
          ControlUnit unit = unit(Fields.of(args.get(i), "alwayson_scripts.ControlNet.args[" + i + "]."), warnings);
          units.addAll(unit == null ? List.of() : List.of(unit));
        }
      } else if (!args.isEmpty()) {
        throw Refusal.of("alwayson_scripts asks for " + Texts.shortened(script.getKey())
            + ", but scripts of the web UI do not run here, other than ControlNet's; leave it away");
      }
    }
    return units;
  }

  private static ControlUnit unit(Fields fields, List<String> warnings) {
    String model = fields.text("model", "None");
    if (!fields.flag("enabled", true) || model.equalsIgnoreCase("none")) {
      return null;
    }
    String module = fields.text("module", "none");
    if (!module.equalsIgnoreCase("none")) {
      throw Refusal.of(fields.whole("module") + " is " + Texts.shortened(module)
          + ", but pictures are not preprocessed here; send the finished control picture with module none");
    }
    JsonNode image = fields.get(fields.oneOf("image", "input_image"));
    String mask = fields.oneOf("mask", "mask_image", "effective_region_mask");
    if (image.isObject()) {
      Fields both = Fields.of(image, fields.whole("image") + ".");
      image = both.get("image");
      mask = both.text("mask", "").isEmpty() ? mask : "mask";
    }
    if (fields.has(mask) && !fields.get(mask).asText("x").isEmpty() || !fields.text("ipadapter_input", "").isEmpty()) {
      throw Refusal.of(fields.whole(mask) + " is given, but control networks have no mask here; leave it away");
    }
    WITHOUT_EFFECT.forEach(fields::get);
    double start = fields.number("guidance_start", 0.0, 0, 1);
    double end = fields.number("guidance_end", 1.0, 0, 1);
    if (start >= end) {
      throw Refusal.of(fields.whole("guidance_start") + " is " + start + " and guidance_end " + end
          + ", must be the smaller one");
    }
    boolean guess = fields.flag("guessmode", false) || guess(fields);
    ControlUnit unit = new ControlUnit(
        image.isMissingNode() ? null : SentPictures.opaque(SentPictures.of(fields.whole("image"), image)), model,
        fields.number("weight", 1.0, -2, 2), start, end, fitting(fields), guess);
    fields.unread().forEach(name -> warnings.add(name + " is not known here and was not read"));
    return unit;
  }

  private static boolean guess(Fields fields) {
    String mode = fields.get("control_mode").asText("").toLowerCase(Locale.ROOT);
    return switch (mode) {
      case "", "0", "balanced" -> false;
      case "2", "controlnet is more important" -> true;
      default -> fields.wrong("control_mode", fields.get("control_mode"), "0 (Balanced) or 2 (ControlNet is more"
          + " important)");
    };
  }

  private static Fitting fitting(Fields fields) {
    JsonNode mode = fields.get("resize_mode");
    Fitting found = mode.isMissingNode() ? Fitting.CROPPED : mode.isInt() ? Fitting.of(mode.intValue())
        : FITTINGS.get(mode.asText().toLowerCase(Locale.ROOT));
    return found != null ? found
        : fields.wrong("resize_mode", mode, "Just Resize, Crop and Resize or Resize and Fill");
  }

  /**
   * For the engine, at the size of the pictures.
   *
   * @param begun the picture to begin with, or null
   */
  ControlImage at(int width, int height, BufferedImage begun) {
    BufferedImage picture = image != null ? image : begun;
    if (picture == null) {
      throw Refusal.of("alwayson_scripts.ControlNet has a unit of " + Texts.shortened(model)
          + " without an image; give one, or disable the unit");
    }
    return new ControlImage(Images.toUnit(fitting.fit(picture, width, height)), weight, start, end, guess);
  }
}
