package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.util.function.Supplier;

/**
 * Pictures to latents and back. Keeps the plans of the last sizes. Used by one thread at a time; the weights are the caller's and
 * must live as long.
 */
public final class LatentCodec implements AutoCloseable {

  /** Limits of the logarithm of a latent's variance. */
  private static final float LEAST_LOG = -30;

  private static final float MOST_LOG = 20;

  private final Planner planner;
  private final AutoencoderConfig config;
  private final TensorSource weights;
  private final KeptPlan encoder = new KeptPlan();
  private final KeptPlan decoder = new KeptPlan();

  public LatentCodec(Backend backend, AutoencoderConfig config, TensorSource weights) {
    this.planner = new Planner(backend);
    this.config = config;
    this.weights = weights;
  }

  /**
   * A draw from the picture's latents, scaled for diffusion.
   *
   * @param image (N, C, H, W) in [-1, 1], sides multiples of the reduction
   * @param noise one unit normal for each number of the latents is drawn
   * @return (N, L, H/R, W/R) f32
   */
  public Tensor encode(Tensor image, NoiseSource noise) {
    Shape s = image.shape();
    Plan plan = encoder.get(s, () -> AutoencoderKL.encoder(config, s.intDim(0), s.intDim(2), s.intDim(3)));
    plan.input("image").data().copyFrom(image.data());
    plan.run();
    float[] mean = plan.output("mean").toFloats();
    float[] log = plan.output("logvar").toFloats();
    Tensor drawn = Tensor.allocate(DType.F32, plan.output("mean").shape());
    noise.fill(drawn);
    float[] unit = drawn.toFloats();
    for (int i = 0; i < mean.length; i++) {
      double deviation = Math.exp(0.5 * Math.clamp(log[i], LEAST_LOG, MOST_LOG));
      mean[i] = (float) ((mean[i] + deviation * unit[i] - config.shiftFactor()) * config.scalingFactor());
    }
    return Tensor.ofFloats(mean, drawn.shape().dims());
  }

  /**
   * The picture of latents as diffusion made them.
   *
   * @param latents (N, L, H, W)
   * @return (N, C, R H, R W) f32, about [-1, 1], in memory that the next call overwrites
   */
  public Tensor decode(Tensor latents) {
    Shape s = latents.shape();
    Plan plan = decoder.get(s, () -> AutoencoderKL.decoder(config, s.intDim(0), s.intDim(2), s.intDim(3)));
    float[] values = latents.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] / config.scalingFactor() + config.shiftFactor());
    }
    plan.input("latents").data().copyFrom(java.lang.foreign.MemorySegment.ofArray(values));
    plan.run();
    return plan.output("image");
  }

  /** How many pixels lie along one of a latent's. */
  public int reduction() {
    return config.reduction();
  }

  @Override
  public void close() {
    encoder.close();
    decoder.close();
  }

  /** The plan of the last size. */
  private final class KeptPlan implements AutoCloseable {

    private Shape shape;
    private Plan plan;

    Plan get(Shape wanted, Supplier<Graph> graph) {
      if (plan != null && !wanted.equals(shape)) {
        close();
      }
      if (plan == null) {
        plan = planner.plan(graph.get(), weights);
        shape = wanted;
      }
      return plan;
    }

    @Override
    public void close() {
      if (plan != null) {
        plan.close();
        plan = null;
      }
    }
  }
}
