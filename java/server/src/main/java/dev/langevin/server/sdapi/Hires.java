package dev.langevin.server.sdapi;

import dev.langevin.request.HiresFix;
import dev.langevin.request.HiresFix.Method;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A second pass at a larger size, as {@code enable_hr} and its fields ask for it.
 *
 * @param scale of the sides
 * @param upscaler its name as the client gave it
 * @param method what enlarges; {@link Method#NETWORK} stands for the network of that name
 * @param steps of it, or 0 for those of the first
 */
record Hires(double scale, String upscaler, Method method, int steps, double strength) {

  /** The web UI's names. */
  private static final Map<String, Method> LATENT = new LinkedHashMap<>();

  static {
    LATENT.put("Latent", Method.LATENT);
    LATENT.put("Latent (antialiased)", Method.LATENT_ANTIALIASED);
    LATENT.put("Latent (bicubic)", Method.LATENT_BICUBIC);
    LATENT.put("Latent (bicubic antialiased)", Method.LATENT_BICUBIC_ANTIALIASED);
    LATENT.put("Latent (nearest)", Method.LATENT_NEAREST);
    LATENT.put("Latent (nearest-exact)", Method.LATENT_NEAREST_EXACT);
  }

  private static final int MOST_STEPS = 1000;

  static List<String> latentModes() {
    return List.copyOf(LATENT.keySet());
  }

  /**
   * Reads the fields; the request's size may be that of the result, as old versions had it.
   *
   * @param size width and height of the first pass, which old fields change; null where none was said
   * @return null where there is no second pass
   */
  static Hires of(Fields fields, int[] size) {
    boolean enabled = fields.flag("enable_hr", false);
    Double strength = fields.number("denoising_strength", 0.75, 0, 1);
    double scale = fields.number("hr_scale", 2.0, 0, 1000);
    String upscaler = fields.text("hr_upscaler", "Latent");
    int steps = fields.whole("hr_second_pass_steps", 0, 0, MOST_STEPS);
    int width = fields.whole("hr_resize_x", 0, 0, 1 << 16);
    int height = fields.whole("hr_resize_y", 0, 0, 1 << 16);
    int firstWidth = fields.whole("firstphase_width", 0, 0, 1 << 16);
    int firstHeight = fields.whole("firstphase_height", 0, 0, 1 << 16);
    for (String same : List.of("hr_checkpoint_name", "hr_sampler_name", "hr_scheduler", "hr_prompt",
        "hr_negative_prompt")) {
      String value = fields.text(same, "");
      if (enabled && !value.isEmpty() && !value.startsWith("Use same") && !value.equals(fields.text(plain(same), ""))) {
        throw Refusal.of(same + " is " + Texts.shortened(value) + ", but the second pass has none of its own here;"
            + " leave it away");
      }
    }
    if (!enabled) {
      return null;
    }
    if (strength == 0) {
      throw Refusal.of("denoising_strength is 0, of which the second pass makes nothing; give more than 0");
    }
    if (firstWidth > 0 && firstHeight > 0 && size != null) {
      width = size[0];
      height = size[1];
      size[0] = firstWidth;
      size[1] = firstHeight;
    }
    scale = width == 0 && height == 0 ? scale : scale(width, height, size);
    if (!(scale > 1 && scale <= 8)) {
      throw Refusal.of("the second pass makes the picture " + scale
          + " times as large, must be above 1 and at most 8; change hr_scale or hr_resize_x and hr_resize_y");
    }
    return new Hires(scale, upscaler, method(upscaler), steps, strength);
  }

  private static String plain(String field) {
    return switch (field) {
      case "hr_checkpoint_name" -> "sd_model_checkpoint";
      default -> field.substring(3);
    };
  }

  private static double scale(int width, int height, int[] size) {
    if (size == null) {
      throw Refusal.of("hr_resize_x is " + width + " and hr_resize_y " + height
          + ", but width and height are not said; give them, or hr_scale alone");
    }
    double wide = (double) width / size[0];
    double high = (double) height / size[1];
    if (width > 0 && height > 0 && wide != high) {
      throw Refusal.of("hr_resize_x and hr_resize_y make " + width + "x" + height + " of " + size[0] + "x" + size[1]
          + ", which are of another shape; both sides must grow by one factor here, or give hr_scale");
    }
    return width > 0 ? wide : high;
  }

  private static Method method(String upscaler) {
    for (Map.Entry<String, Method> each : LATENT.entrySet()) {
      if (each.getKey().equalsIgnoreCase(upscaler)) {
        return each.getValue();
      }
    }
    return switch (upscaler.toLowerCase(Locale.ROOT)) {
      case "none", "lanczos" -> Method.LANCZOS; // the web UI's None enlarges by Lanczos' filter, too
      default -> Method.NETWORK;
    };
  }

  HiresFix fix() {
    return new HiresFix(scale, method, strength, steps);
  }
}
