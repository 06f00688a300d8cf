package dev.langevin.server.sdapi;

import java.awt.image.BufferedImage;

/**
 * A picture to begin with and what of it is painted anew, at the size that the model makes; and how the model's
 * pictures go back into the whole one.
 *
 * @param image of the request's size
 * @param mask likewise, or null where all is painted anew
 * @param whole the picture that a part is put back into, or null
 * @param over of {@code whole}'s size, 255 where the new picture shows, or null
 * @param part of {@code whole} that is made, or null for all of it
 */
record Repainting(BufferedImage image, Gray mask, BufferedImage whole, Gray over, Rectangle part) {

  /**
   * What a request says of its mask.
   *
   * @param onlyMasked whether the masked part alone is made, at the request's size
   * @param around pixels beside it that are made, too
   * @param filled whether the masked part is filled with colours from around it before
   */
  record Masking(Gray mask, boolean inverted, int blurAcross, int blurDown, boolean onlyMasked, int around,
      boolean filled) {}

  /** @param masking or null */
  static Repainting of(BufferedImage picture, Masking masking, Fitting fitting, int width, int height) {
    if (masking == null) {
      return new Repainting(fitting.fit(picture, width, height), null, null, null, null);
    }
    Gray mask = masking.inverted ? masking.mask.inverted() : masking.mask;
    if (masking.onlyMasked) {
      mask = sized(mask, Fitting.STRETCHED, picture.getWidth(), picture.getHeight());
    }
    mask = mask.blurred(masking.blurAcross, masking.blurDown);
    return masking.onlyMasked ? part(picture, mask, masking, width, height)
        : all(picture, mask, masking, fitting, width, height);
  }

  private static Repainting all(BufferedImage picture, Gray mask, Masking masking, Fitting fitting, int width,
      int height) {
    Gray small = sized(mask, fitting, width, height);
    BufferedImage whole = fitting.fit(picture, width, height);
    BufferedImage begun = masking.filled ? MaskedContent.filled(whole, small) : whole;
    return new Repainting(begun, small, whole, small.doubled(), null);
  }

  private static Repainting part(BufferedImage picture, Gray mask, Masking masking, int width, int height) {
    Rectangle bounds = mask.bounds(masking.around);
    if (bounds == null) {
      throw Refusal.of("mask is black everywhere, so that nothing is painted anew; paint white what is, or leave the "
          + "mask away");
    }
    Rectangle part = bounds.shapedAs(width, height, picture.getWidth(), picture.getHeight());
    Gray small = sized(mask.part(part), Fitting.FILLED, width, height);
    BufferedImage begun = Fitting.FILLED.fit(cut(picture, part), width, height);
    return new Repainting(masking.filled ? MaskedContent.filled(begun, small) : begun, small, picture, mask, part);
  }

  private static Gray sized(Gray mask, Fitting fitting, int width, int height) {
    return mask.width() == width && mask.height() == height ? mask
        : Gray.of(fitting.fit(mask.image(), width, height));
  }

  private static BufferedImage cut(BufferedImage picture, Rectangle part) {
    BufferedImage result = new BufferedImage(part.width(), part.height(), BufferedImage.TYPE_INT_RGB);
    result.setRGB(0, 0, part.width(), part.height(),
        picture.getRGB(part.x(), part.y(), part.width(), part.height(), null, 0, part.width()), 0, part.width());
    return result;
  }

  /** The model's picture in its place, and around it what was kept, bit for bit where the mask is black. */
  BufferedImage finished(BufferedImage made) {
    if (whole == null) {
      return made;
    }
    Rectangle place = part != null ? part : new Rectangle(0, 0, whole.getWidth(), whole.getHeight());
    BufferedImage fitted = Fitting.CROPPED.fit(made, place.width(), place.height());
    BufferedImage result = cut(whole, new Rectangle(0, 0, whole.getWidth(), whole.getHeight()));
    for (int y = 0; y < place.height(); y++) {
      for (int x = 0; x < place.width(); x++) {
        int to = place.x() + x;
        int down = place.y() + y;
        result.setRGB(to, down, mixed(result.getRGB(to, down), fitted.getRGB(x, y),
            over.values()[down * over.width() + to]));
      }
    }
    return result;
  }

  private static int mixed(int kept, int made, int share) {
    int rgb = 0;
    for (int shift = 16; shift >= 0; shift -= 8) {
      rgb = rgb << 8 | ((kept >> shift & 255) * (255 - share) + (made >> shift & 255) * share + 127) / 255;
    }
    return rgb;
  }
}
