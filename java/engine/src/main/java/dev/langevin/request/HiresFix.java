package dev.langevin.request;

/**
 * A second pass at a larger size: what the first made is enlarged and taken a part of the chain back, as web UIs do
 * under this name.
 *
 * @param scale of the sides, above 1 and at most 8; the larger size is rounded down to what the model takes
 * @param method what enlarges
 * @param strength share of the chain that the second pass walks, above 0 and at most 1
 * @param steps of the second pass, all of them walked, from a chain that is as much longer as the strength says; or 0
 *   for as many as the first has
 */
public record HiresFix(double scale, Method method, double strength, int steps) {

  /** What makes the first pass's result larger: the latents by an interpolation of torch's, or the picture. */
  public enum Method {
    /** Bilinear. */
    LATENT,
    /** Bilinear, which is the same where a picture grows. */
    LATENT_ANTIALIASED,
    /** Keys' cubic with a = -3/4. */
    LATENT_BICUBIC,
    /** Keys' cubic with a = -1/2. */
    LATENT_BICUBIC_ANTIALIASED,
    /** The pixel that the result's corner lies in. */
    LATENT_NEAREST,
    /** The pixel that the result's centre lies in. */
    LATENT_NEAREST_EXACT,
    /** The picture by Lanczos' filter. */
    LANCZOS,
    /** The picture by the network that the model was loaded with, see {@link LoadOptions#upscaler}. */
    NETWORK;

    /** Whether the picture is enlarged, not the latents. */
    public boolean ofPicture() {
      return this == LANCZOS || this == NETWORK;
    }
  }

  /** Web UIs' usual strength. */
  public static final double USUAL_STRENGTH = 0.7;

  private static final double MOST_SCALE = 8;

  /**
   * Checks scale, strength and steps.
   *
   * @throws IllegalArgumentException naming what is out of its range
   */
  public HiresFix {
    if (!(scale > 1 && scale <= MOST_SCALE)) {
      throw new IllegalArgumentException(
          "the second pass's scale is " + scale + ", must be above 1 and at most " + MOST_SCALE);
    }
    if (!(strength > 0 && strength <= 1)) {
      throw new IllegalArgumentException(
          "the second pass's strength is " + strength + ", must be above 0 and at most 1");
    }
    if (steps < 0) {
      throw new IllegalArgumentException(
          "the second pass's steps are " + steps + ", must be at least 0, which stands for the first's");
    }
  }

  /** A side of the larger picture. */
  public int larger(int side, int multiple) {
    return (int) (side * scale) / multiple * multiple;
  }
}
