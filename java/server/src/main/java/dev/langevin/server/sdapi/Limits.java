package dev.langevin.server.sdapi;

import dev.langevin.cli.ServeOptions;

/** What the operator allows one request. */
final class Limits {

  private Limits() {}

  static void require(PictureCall call, ServeOptions options) {
    int pictures = Math.max(call.batch(), call.begun().size()) * call.batches();
    if (pictures > options.maxPictures) {
      throw Refusal.of("batch_size times n_iter is " + pictures + ", more than the " + options.maxPictures
          + " pictures that this server makes for one request; ask for fewer");
    }
    if (call.steps() > options.maxSteps || call.hires() != null && call.hires().steps() > options.maxSteps) {
      throw Refusal.of("steps are more than the " + options.maxSteps + " that this server walks; ask for fewer");
    }
    if (call.width() != null) {
      double scale = call.hires() == null ? 1 : call.hires().scale();
      pixels(call.width() * scale * call.height() * scale, options);
    }
    call.begun().forEach(image -> pixels((double) image.getWidth() * image.getHeight(), options));
  }

  static void pixels(double pixels, ServeOptions options) {
    if (pixels > options.maxPixels) {
      throw Refusal.of("a picture has " + Math.round(pixels) + " pixels, more than the " + options.maxPixels
          + " of this server; make it smaller");
    }
  }
}
