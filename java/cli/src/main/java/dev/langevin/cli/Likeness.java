package dev.langevin.cli;

import java.awt.image.BufferedImage;

/**
 * How alike two pictures of one size are, in eight-bit colours.
 *
 * @param psnr peak signal-to-noise ratio over all colours, in decibels; infinite for the same picture
 * @param ssim mean structural similarity of the brightness over windows of 8x8 pixels (Wang et al., Image Quality
 *   Assessment: From Error Visibility to Structural Similarity, 2004), 1 for the same picture
 */
record Likeness(double psnr, double ssim) {

  private static final int WINDOW = 8;
  private static final double C1 = 0.01 * 255 * 0.01 * 255;
  private static final double C2 = 0.03 * 255 * 0.03 * 255;

  static Likeness of(BufferedImage a, BufferedImage b) {
    if (a.getWidth() != b.getWidth() || a.getHeight() != b.getHeight()
        || Math.min(a.getWidth(), a.getHeight()) < WINDOW) {
      throw new IllegalArgumentException(
          "pictures of " + a.getWidth() + "x" + a.getHeight() + " and " + b.getWidth() + "x" + b.getHeight()
              + " are compared; both must be of one size and at least " + WINDOW + "x" + WINDOW);
    }
    double squares = 0;
    for (int y = 0; y < a.getHeight(); y++) {
      for (int x = 0; x < a.getWidth(); x++) {
        for (int shift = 0; shift <= 16; shift += 8) {
          int difference = (a.getRGB(x, y) >> shift & 255) - (b.getRGB(x, y) >> shift & 255);
          squares += difference * difference;
        }
      }
    }
    double sum = 0;
    int windows = 0;
    for (int y = 0; y + WINDOW <= a.getHeight(); y++) {
      for (int x = 0; x + WINDOW <= a.getWidth(); x++) {
        sum += similarity(a, b, x, y);
        windows++;
      }
    }
    return new Likeness(10 * Math.log10(255.0 * 255 * 3 * a.getWidth() * a.getHeight() / squares), sum / windows);
  }

  private static double similarity(BufferedImage a, BufferedImage b, int left, int top) {
    double sumA = 0;
    double sumB = 0;
    double squaresA = 0;
    double squaresB = 0;
    double products = 0;
    for (int y = top; y < top + WINDOW; y++) {
      for (int x = left; x < left + WINDOW; x++) {
        double u = brightness(a.getRGB(x, y));
        double v = brightness(b.getRGB(x, y));
        sumA += u;
        sumB += v;
        squaresA += u * u;
        squaresB += v * v;
        products += u * v;
      }
    }
    double count = WINDOW * WINDOW;
    double meanA = sumA / count;
    double meanB = sumB / count;
    double varianceA = squaresA / count - meanA * meanA;
    double varianceB = squaresB / count - meanB * meanB;
    double covariance = products / count - meanA * meanB;
    return (2 * meanA * meanB + C1) * (2 * covariance + C2)
        / ((meanA * meanA + meanB * meanB + C1) * (varianceA + varianceB + C2));
  }

  /** ITU-R BT.601's luma. */
  private static double brightness(int rgb) {
    return 0.299 * (rgb >> 16 & 255) + 0.587 * (rgb >> 8 & 255) + 0.114 * (rgb & 255);
  }
}
