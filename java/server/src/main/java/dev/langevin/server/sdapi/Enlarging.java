package dev.langevin.server.sdapi;

import dev.langevin.cli.ServeOptions;
import dev.langevin.image.Resampling;
import dev.langevin.request.CancellationToken;
import java.awt.image.BufferedImage;

/**
 * What a call of {@code extra-single-image} asks for.
 *
 * @param scale of the sides, or 0 where {@code width} and {@code height} are what a picture is to cover
 * @param crops whether what reaches beyond these is cut off
 * @param upscaler its name; {@code None} leaves the picture as it is
 * @param second laid over the first's result, or {@code None}
 * @param visibility of the second
 */
record Enlarging(double scale, int width, int height, boolean crops, String upscaler, String second,
    double visibility) {

  private static final double MOST_SCALE = 16;

  /** @throws dev.langevin.server.Fault naming a field that cannot be honoured */
  static Enlarging of(Fields fields, Upscalers upscalers) {
    boolean toSize = fields.whole("resize_mode", 0, 0, 1) == 1;
    for (String restorer : new String[] {"gfpgan_visibility", "codeformer_visibility"}) {
      if (fields.number(restorer, 0.0, 0, 1) > 0) {
        throw Refusal.of(restorer + " is " + fields.get(restorer).asText()
            + ", but there is no face restorer here; give 0");
      }
    }
    fields.number("codeformer_weight", 0.0, 0, 1);
    double scale = fields.number("upscaling_resize", 2.0, 0.05, MOST_SCALE);
    int width = fields.whole("upscaling_resize_w", 512, 1, 1 << 14);
    int height = fields.whole("upscaling_resize_h", 512, 1, 1 << 14);
    boolean crops = fields.flag(fields.oneOf("upscaling_crop", "upscaling_resize_crop"), true);
    String first = upscalers.require("upscaler_1", fields.text("upscaler_1", Upscalers.NONE));
    String second = upscalers.require("upscaler_2", fields.text("upscaler_2", Upscalers.NONE));
    double visibility = fields.number("extras_upscaler_2_visibility", 0.0, 0, 1);
    return new Enlarging(toSize ? 0 : scale, width, height, crops, first,
        visibility == 0 ? Upscalers.NONE : second, visibility);
  }

  private double factor(BufferedImage image) {
    return scale > 0 ? scale
        : Math.max((double) width / image.getWidth(), (double) height / image.getHeight());
  }

  void requireWithin(BufferedImage image, ServeOptions options) {
    double factor = Math.max(1, factor(image));
    Limits.pixels(image.getWidth() * factor * image.getHeight() * factor, options);
  }

  /** @throws java.util.concurrent.CancellationException once the token is cancelled */
  BufferedImage make(BufferedImage image, Upscalers upscalers, CancellationToken token) {
    if (upscaler.equals(Upscalers.NONE)) {
      return image;
    }
    int w = Math.max(1, (int) (image.getWidth() * factor(image)));
    int h = Math.max(1, (int) (image.getHeight() * factor(image)));
    BufferedImage made = upscalers.enlarge(upscaler, image, w, h, token);
    if (!second.equals(Upscalers.NONE)) {
      made = mixed(made, upscalers.enlarge(second, image, w, h, token));
    }
    return scale > 0 || !crops ? made : Fitting.CROPPED.fit(made, width, height);
  }

  private BufferedImage mixed(BufferedImage one, BufferedImage other) {
    BufferedImage result = new BufferedImage(one.getWidth(), one.getHeight(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < one.getWidth() * one.getHeight(); i++) {
      int x = i % one.getWidth();
      int y = i / one.getWidth();
      int rgb = 0;
      for (int shift = 16; shift >= 0; shift -= 8) {
        double value = (one.getRGB(x, y) >> shift & 255) * (1 - visibility)
            + (other.getRGB(x, y) >> shift & 255) * visibility;
        rgb = rgb << 8 | (int) Math.round(value);
      }
      result.setRGB(x, y, rgb);
    }
    return result;
  }

  /** As the web UI records it. */
  String words() {
    String by = scale > 0 ? "Postprocess upscale by: " + Infotexts.number(scale)
        : "Postprocess upscale to: " + width + "x" + height;
    return by + ", Postprocess upscaler: " + upscaler
        + (second.equals(Upscalers.NONE) ? "" : ", Postprocess upscaler 2: " + second);
  }

  /** By Lanczos' filter, or the nearest pixel. */
  static BufferedImage resized(BufferedImage image, int w, int h, boolean nearest) {
    if (!nearest) {
      return Resampling.LANCZOS.resize(image, w, h);
    }
    BufferedImage result = new BufferedImage(w, h, BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < w * h; i++) {
      result.setRGB(i % w, i / w, image.getRGB((int) ((i % w + 0.5) * image.getWidth() / w),
          (int) ((i / w + 0.5) * image.getHeight() / h)));
    }
    return result;
  }
}
