package dev.langevin.image;

/**
 * Black point compensation (ISO 18619): XYZ is stretched about the white so that the darkest ink becomes black, as
 * Pillow's colour engine does for the perceptual intent to sRGB, and the JDK's does not.
 */
final class BlackPoint {

  /** Linear sRGB to XYZ under D50: IEC 61966-2-1's primaries, adapted by Bradford's matrix. */
  private static final double[][] TO_XYZ = {
      {0.43606, 0.38515, 0.14307}, {0.22249, 0.71687, 0.06061}, {0.01392, 0.09708, 0.71410}};

  /** The inverse. */
  private static final double[][] TO_RGB = {
      {3.1341, -1.6174, -0.4907}, {-0.9788, 1.9161, 0.0335}, {0.0719, -0.2290, 1.4056}};

  private static final double[] WHITE = {0.9642, 1, 0.8249};

  /** The perceptual intent's black of profiles of version 4 (ICC.1:2022, section 6.4.3). */
  private static final double[] PERCEPTUAL = {0.00336, 0.0034731, 0.00287};

  /** Y of L* = 50, beyond which nothing is taken for black. */
  private static final double LIGHTEST = 0.18418651851244416;

  private static final int LEVELS = 65536;

  /** Linear values of 16-bit sRGB. */
  private static final float[] LINEAR = new float[LEVELS];

  static {
    for (int i = 0; i < LEVELS; i++) {
      double value = i / (LEVELS - 1.0);
      LINEAR[i] = (float) (value <= 0.04045 ? value / 12.92 : Math.pow((value + 0.055) / 1.055, 2.4));
    }
  }

  private final double[][] matrix = new double[3][4]; // of linear RGB and 1

  private BlackPoint(double[] black) {
    double[] scale = new double[3];
    for (int i = 0; i < 3; i++) {
      scale[i] = WHITE[i] / (WHITE[i] - black[i]);
    }
    for (int row = 0; row < 3; row++) {
      for (int i = 0; i < 3; i++) {
        for (int column = 0; column < 3; column++) {
          matrix[row][column] += TO_RGB[row][i] * scale[i] * TO_XYZ[i][column];
        }
        matrix[row][3] -= TO_RGB[row][i] * scale[i] * black[i];
      }
    }
  }

  /** Of a profile of version 2, whose darkest ink has these 16-bit values of sRGB. */
  static BlackPoint ofInk(int[] darkest) {
    double[] black = new double[3];
    for (int i = 0; i < 3; i++) {
      for (int c = 0; c < 3; c++) {
        black[i] += TO_XYZ[i][c] * LINEAR[darkest[c]];
      }
    }
    double share = Math.min(1, LIGHTEST / Math.max(black[1], 1e-9));
    return new BlackPoint(new double[] {black[0] * share, black[1] * share, black[2] * share});
  }

  /** Of a profile of version 4. */
  static BlackPoint perceptual() {
    return new BlackPoint(PERCEPTUAL);
  }

  /** Channel c of a pixel of 16-bit sRGB, in eight bits. */
  byte compensated(int[] pixels, int at, int c) {
    double[] row = matrix[c];
    double value = row[3] + row[0] * LINEAR[pixels[at]] + row[1] * LINEAR[pixels[at + 1]]
        + row[2] * LINEAR[pixels[at + 2]];
    double coded = value <= 0.0031308 ? 12.92 * value : 1.055 * Math.pow(value, 1 / 2.4) - 0.055;
    return (byte) Math.round(255 * Math.clamp(coded, 0, 1));
  }
}
