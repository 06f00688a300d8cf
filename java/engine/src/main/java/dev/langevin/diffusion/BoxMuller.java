package dev.langevin.diffusion;

/**
 * The Box-Muller transform of sixteen float32 uniforms at a time, bit for bit as torch's AVX2 path computes it.
 *
 * <p>
 * That path evaluates logarithm, sine and cosine with the polynomials of the Cephes library (Moshier, 1989:
 * {@code logf}, {@code sinf}, {@code cosf}), and its compiler fused most multiplications with the addition that
 * follows. Which ones shows in the last bit, so every {@code fma} here, and every place without one, is deliberate.
 * Correctly rounded functions would give other last bits in one draw of five.
 */
final class BoxMuller {

  /** Numbers transformed together: eight radii, eight angles. */
  static final int BLOCK = 16;

  private static final float TWO_PI = (float) (2 * Math.PI);
  private static final float FOUR_OVER_PI = 1.27323954473516f;
  private static final float ROOT_HALF = 0.70710678118654752f;

  // pi/4 in three parts of few bits each, so that j * part is exact (Cody and Waite)
  private static final float PI_4_HIGH = -0.78515625f;
  private static final float PI_4_MIDDLE = -2.4187564849853515625e-4f;
  private static final float PI_4_LOW = -3.77489497744594108e-8f;

  // ln 2 in two parts
  private static final float LN_2_HIGH = 0.693359375f;
  private static final float LN_2_LOW = -2.12194440e-4f;

  /** Of log(1 + m) / m^3, highest power first. */
  private static final float[] LOG = {
      7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
      2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f
  };

  private BoxMuller() {}

  /**
   * Turns uniforms in [0, 1) into unit normals in place: elements 0 to 7 give radii, 8 to 15 angles; 0 to 7 become
   * radius * cos, 8 to 15 radius * sin.
   */
  static void transform(float[] block) {
    for (int i = 0; i < BLOCK / 2; i++) {
      float radius = (float) Math.sqrt(-2 * log(1 - block[i]));
      float angle = TWO_PI * block[i + BLOCK / 2];
      int octant = (int) (angle * FOUR_OVER_PI) + 1 & ~1; // 0, 2, 4, 6 or 8: the nearest multiple of pi/2, in pi/4
      float rest = Math.fma((float) octant, PI_4_HIGH, angle);
      rest = Math.fma((float) octant, PI_4_MIDDLE, rest);
      rest = Math.fma((float) octant, PI_4_LOW, rest);
      boolean quarterTurn = (octant & 2) != 0;
      float cosine = quarterTurn ? sinNearZero(rest) : cosNearZero(rest);
      float sine = quarterTurn ? cosNearZero(rest) : sinNearZero(rest);
      // adding 0 makes a product of -0 the 0 that "mean + deviation * n" gives
      block[i] = radius * ((octant + 2 & 4) == 0 ? cosine : -cosine) + 0f;
      block[i + BLOCK / 2] = radius * ((octant & 4) == 0 ? sine : -sine) + 0f;
    }
  }

  /** Natural logarithm of a normal positive number. */
  private static float log(float x) {
    int bits = Float.floatToRawIntBits(x);
    float exponent = (bits >>> 23) - 0x7e;
    float m = Float.intBitsToFloat(bits & 0x007fffff | 0x3f000000); // in [0.5, 1)
    if (m < ROOT_HALF) {
      exponent -= 1;
      m = m - 1 + m;
    } else {
      m = m - 1;
    }
    float square = m * m;
    float y = LOG[0];
    for (int i = 1; i < LOG.length; i++) {
      y = Math.fma(y, m, LOG[i]);
    }
    y = Math.fma(y * m, square, exponent * LN_2_LOW);
    y = Math.fma(square, -0.5f, y);
    return Math.fma(exponent, LN_2_HIGH, m + y);
  }

  /** Cosine on [-pi/4, pi/4]. */
  private static float cosNearZero(float x) {
    float square = x * x;
    float y = Math.fma(2.443315711809948e-5f, square, -1.388731625493765e-3f);
    y = Math.fma(y, square, 4.166664568298827e-2f);
    return Math.fma(y * square, square, square * -0.5f) + 1;
  }

  /** Sine on [-pi/4, pi/4]. */
  private static float sinNearZero(float x) {
    float square = x * x;
    float y = Math.fma(-1.9515295891e-4f, square, 8.3321608736e-3f);
    y = Math.fma(y, square, -1.6666654611e-1f);
    return Math.fma(y * square, x, x);
  }
}
