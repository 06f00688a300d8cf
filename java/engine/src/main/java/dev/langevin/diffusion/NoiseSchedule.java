package dev.langevin.diffusion;

import java.util.Arrays;
import java.util.function.DoubleUnaryOperator;

/**
 * The variance schedule of the forward chain: beta_t and alphaBar_t = prod_{s&lt;=t} (1 - beta_s), t = 0 ... T-1.
 *
 * <p>
 * Tables are float32, computed with the roundings that torch makes, because networks were trained on those: betas and 1
 * - beta in float32, the running product in double and rounded to float32 as each entry is stored. Immutable.
 */
public final class NoiseSchedule {

  /**
   * Largest beta of a schedule that is defined by its alphaBar (Nichol and Dhariwal, arXiv:2102.09672, section 3.2).
   */
  private static final double MAX_BETA = 0.999;

  private final float[] betas;
  private final float[] alphaBar;

  private NoiseSchedule(float[] betas, float[] alphaBar) {
    this.betas = betas;
    this.alphaBar = alphaBar;
  }

  /** What a sampler assumes where its configuration is silent, and the kinds of schedule that it takes. */
  public record Defaults(double betaStart, double betaEnd, String kind, String... allowed) {
    /** Copies {@code allowed}. */
    public Defaults {
      allowed = allowed.clone();
    }

    /** The three kinds that every discrete sampler takes, beginning with {@code linear} from 1e-4 to 0.02 (DDPM). */
    public static final Defaults DDPM = of(1e-4, 0.02, "linear");

    /** The same with the betas of latent diffusion, 0.00085 to 0.012 (Rombach et al., arXiv:2112.10752). */
    public static final Defaults LATENT = of(0.00085, 0.012, "linear");

    /** These defaults and the three kinds that every discrete sampler takes. */
    public static Defaults of(double betaStart, double betaEnd, String kind) {
      return new Defaults(betaStart, betaEnd, kind, "linear", "scaled_linear", "squaredcos_cap_v2");
    }

    /** These, and further kinds. */
    public Defaults and(String... kinds) {
      String[] all = Arrays.copyOf(allowed, allowed.length + kinds.length);
      System.arraycopy(kinds, 0, all, allowed.length, kinds.length);
      return new Defaults(betaStart, betaEnd, kind, all);
    }
  }

  /**
   * Reads {@code num_train_timesteps}, {@code beta_schedule}, {@code beta_start}, {@code beta_end},
   * {@code trained_betas} and {@code rescale_betas_zero_snr}.
   *
   * @throws IllegalArgumentException if the kind is not among the allowed ones, a beta lies outside (0, 1], or there
   *   are fewer trained betas than timesteps
   */
  public static NoiseSchedule of(SchedulerConfig config, Defaults defaults) {
    int steps = config.integer("num_train_timesteps", 1000);
    double[] trained = config.numbers("trained_betas");
    float[] betas;
    if (trained != null) {
      if (trained.length < steps) {
        throw new IllegalArgumentException(
            config.owner() + ": trained_betas has " + trained.length + " entries, num_train_timesteps is " + steps
                + "; set num_train_timesteps to " + trained.length);
      }
      betas = toFloats(trained);
    } else {
      String kind = config.choice("beta_schedule", defaults.kind(), defaults.allowed());
      double start = config.number("beta_start", defaults.betaStart());
      double end = config.number("beta_end", defaults.betaEnd());
      betas = betas(kind, steps, start, end);
    }
    boolean rescaled = config.flag("rescale_betas_zero_snr");
    for (int t = 0; t < betas.length; t++) {
      if (!(betas[t] >= 0 && betas[t] <= 1)) {
        throw new IllegalArgumentException(
            config.owner() + ": beta[" + t + "] is " + betas[t] + "; a variance of the forward chain lies in [0, 1]");
      }
    }
    NoiseSchedule schedule = ofBetas(rescaled ? rescaledToZeroTerminalSnr(betas) : betas);
    if (!rescaled && schedule.alphaBar(steps - 1) == 0) {
      int last = 0;
      while (schedule.alphaBar(last) > 0) {
        last++;
      }
      throw config.wrong("num_train_timesteps",
          "at most " + last + ": by beta_start " + config.shown("beta_start") + ", beta_end "
              + config.shown("beta_end") + " and trained_betas no signal is left from there on");
    }
    return schedule;
  }

  /** The schedule with these betas. */
  public static NoiseSchedule ofBetas(float[] betas) {
    return new NoiseSchedule(betas.clone(), runningProduct(betas));
  }

  /** This schedule with one alphaBar replaced; the betas stay. */
  NoiseSchedule withAlphaBar(int t, double value) {
    float[] changed = alphaBar.clone();
    changed[t] = (float) value;
    return new NoiseSchedule(betas, changed);
  }

  /** Number of timesteps T. */
  public int steps() {
    return betas.length;
  }

  /** beta_t, the variance that step t adds; t in [0, T). */
  public double beta(int t) {
    return betas[t];
  }

  /**
   * alphaBar_t. Times before the chain's start (t &lt; 0) are the noiseless picture: 1.
   *
   * @throws IllegalArgumentException if t is T or beyond
   */
  public double alphaBar(int t) {
    if (t >= alphaBar.length) {
      throw new IllegalArgumentException(
          "timestep " + t + " is beyond the last training timestep " + (alphaBar.length - 1)
              + ", which num_train_timesteps decides; use fewer steps or a smaller steps_offset");
    }
    return t < 0 ? 1 : alphaBar[t];
  }

  /** beta_t of all t: a copy, (T). */
  public float[] betas() {
    return betas.clone();
  }

  /** alphaBar_t of all t: a copy, (T). */
  public float[] alphaBars() {
    return alphaBar.clone();
  }

  /** Noise level sigma_t = sqrt((1 - alphaBar_t) / alphaBar_t) of each t, float32; ascending. */
  public float[] sigmas() {
    float[] sigmas = new float[alphaBar.length];
    for (int t = 0; t < sigmas.length; t++) {
      sigmas[t] = (float) Math.sqrt((1f - alphaBar[t]) / alphaBar[t]);
    }
    return sigmas;
  }

  private static float[] betas(String kind, int steps, double start, double end) {
    return switch (kind) {
      case "linear" -> linspace(start, end, steps);
      case "scaled_linear" -> {
        float[] betas = linspace(Math.sqrt(start), Math.sqrt(end), steps);
        for (int t = 0; t < steps; t++) {
          betas[t] *= betas[t];
        }
        yield betas;
      }
      case "sigmoid" -> { // GeoDiff, arXiv:2203.02923
        float[] betas = linspace(-6, 6, steps);
        for (int t = 0; t < steps; t++) {
          float sigmoid = (float) (1 / (1 + Math.exp(-betas[t])));
          betas[t] = sigmoid * (float) (end - start) + (float) start;
        }
        yield betas;
      }
      case "squaredcos_cap_v2" -> // arXiv:2102.09672, equation 17
          ofAlphaBar(steps, u -> Math.pow(Math.cos((u + 0.008) / 1.008 * Math.PI / 2), 2));
      case "exp" -> ofAlphaBar(steps, u -> Math.exp(u * -12));
      case "laplace" -> // Hang et al., arXiv:2407.03297
          ofAlphaBar(
              steps,
              u -> {
                double lambda = -0.5 * Math.copySign(1, 0.5 - u) * Math.log(1 - 2 * Math.abs(0.5 - u) + 1e-6);
                double snr = Math.exp(lambda);
                return Math.sqrt(snr / (1 + snr));
              });
      default -> throw new IllegalArgumentException("beta_schedule " + kind + " is not known");
    };
  }

  /** beta_t = 1 - alphaBar(t+1) / alphaBar(t) for an alphaBar given over [0, 1]. */
  private static float[] ofAlphaBar(int steps, DoubleUnaryOperator alphaBar) {
    float[] betas = new float[steps];
    for (int t = 0; t < steps; t++) {
      double ratio = alphaBar.applyAsDouble((t + 1) / (double) steps) / alphaBar.applyAsDouble(t / (double) steps);
      betas[t] = (float) Math.min(1 - ratio, MAX_BETA);
    }
    return betas;
  }

  /**
   * Shifts and scales sqrt(alphaBar) so that its last entry is 0 (Lin et al., arXiv:2305.08891, algorithm 1).
   *
   * <p>
   * Every operation is rounded to float32, to the nearest. So are torch's but the root, whose last bit depends on the
   * processor (up to 0.75 of a unit off on some): the shift magnifies that bit, and late betas differ by 1e-5 of their
   * value.
   */
  private static float[] rescaledToZeroTerminalSnr(float[] betas) {
    float[] root = runningProduct(betas);
    for (int t = 0; t < root.length; t++) {
      root[t] = (float) Math.sqrt(root[t]);
    }
    float first = root[0];
    float last = root[root.length - 1];
    float scale = first / (first - last);
    float[] rescaled = new float[betas.length];
    float previous = 1;
    for (int t = 0; t < root.length; t++) {
      float shifted = (root[t] - last) * scale;
      float alphaBarT = shifted * shifted;
      rescaled[t] = 1f - (t == 0 ? alphaBarT : alphaBarT / previous);
      previous = alphaBarT;
    }
    return rescaled;
  }

  private static float[] runningProduct(float[] betas) {
    float[] products = new float[betas.length];
    double product = 1;
    for (int t = 0; t < betas.length; t++) {
      product *= 1f - betas[t];
      products[t] = (float) product;
    }
    return products;
  }

  /**
   * Evenly spaced float32 numbers, counted from the nearer end and rounded once, as torch does: a largest sigma that is
   * off in its last bit moves the first timestep of a respaced run by 1.
   */
  public static float[] linspace(double start, double end, int count) {
    float first = (float) start;
    float last = (float) end;
    float[] values = new float[count];
    if (count == 1) {
      values[0] = first;
      return values;
    }
    float step = (last - first) / (count - 1);
    for (int i = 0; i < count; i++) {
      values[i] = i < count / 2 ? Math.fma(step, i, first) : Math.fma(-step, count - i - 1, last);
    }
    return values;
  }

  private static float[] toFloats(double[] values) {
    float[] floats = new float[values.length];
    for (int i = 0; i < floats.length; i++) {
      floats[i] = (float) values[i];
    }
    return floats;
  }
}
