package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.AutoencoderTiny;
import dev.langevin.models.AutoencoderTinyConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.Planner;
import dev.langevin.plan.WeightCache;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Pictures to latents and back, by an autoencoder of either kind. Keeps the plans of the last sizes. Used by one thread at a time;
 * the weights are the caller's and must live as long.
 */
public final class LatentCodec implements AutoCloseable {

  /** Limits of the logarithm of a latent's variance. */
  private static final float LEAST_LOG = -30;

  private static final float MOST_LOG = 20;

  /** Makes a network's graph for a size. */
  private interface Network {
    Graph graph(int batch, int height, int width);
  }

  private final Planner planner;
  private final Network encoder;
  private final Network decoder;
  private final KeptPlan encoderPlan;
  private final KeptPlan decoderPlan;
  private final int reduction;
  private final double scale;
  private final double shift;
  private final boolean drawn; // whether encoding gives a distribution

  private LatentCodec(
      Backend backend, TensorSource weights, WeightCache cache, Network encoder, Network decoder, int reduction, double scale,
      double shift, boolean drawn) {
    this.planner = new Planner(backend, Precision.F32, cache);
    this.encoder = encoder;
    this.decoder = decoder;
    this.encoderPlan = new KeptPlan("vae.encoder", planner, weights);
    this.decoderPlan = new KeptPlan("vae.decoder", planner, weights);
    this.reduction = reduction;
    this.scale = scale;
    this.shift = shift;
    this.drawn = drawn;
  }

  /** With an {@link AutoencoderKL}. */
  public LatentCodec(Backend backend, AutoencoderConfig config, TensorSource weights) {
    this(backend, config, weights, null);
  }

  LatentCodec(Backend backend, AutoencoderConfig config, TensorSource weights, WeightCache cache) {
    this(backend, weights, cache, (n, h, w) -> AutoencoderKL.encoder(config, n, h, w), (n, h, w) -> AutoencoderKL.decoder(config, n, h, w),
        config.reduction(), config.scalingFactor(), config.shiftFactor(), true);
  }

  /** With an {@link AutoencoderTiny}. */
  public LatentCodec(Backend backend, AutoencoderTinyConfig config, TensorSource weights) {
    this(backend, config, weights, null);
  }

  LatentCodec(Backend backend, AutoencoderTinyConfig config, TensorSource weights, WeightCache cache) {
    this(backend, weights, cache, (n, h, w) -> AutoencoderTiny.encoder(config, n, h, w), (n, h, w) -> AutoencoderTiny.decoder(config, n, h, w),
        1 << config.encoderBlocks().size() - 1, config.scalingFactor(), 0, false);
  }

  /** Shape of every tensor that the weights must hold. */
  public Map<String, Shape> storedWeights() {
    Map<String, Shape> stored = new TreeMap<>(encoder.graph(1, 8 * reduction, 8 * reduction).storedWeights());
    stored.putAll(decoder.graph(1, 8, 8).storedWeights());
    return stored;
  }

  /**
   * Draws from the picture's latents, scaled for diffusion. An autoencoder of the small kind has but one answer and draws nothing.
   *
   * @param image (1, C, H, W) in [-1, 1], sides multiples of the reduction
   * @param samples draws, one unit normal a number of the latents each
   * @param tiling or null for the picture in one piece
   * @return (samples, L, H/R, W/R) f32
   */
  public Tensor encode(Tensor image, int samples, NoiseSource noise, Tiling tiling) {
    Tensor moments = tiling == null || fits(image.shape(), tiling.side() * reduction)
        ? moments(image)
        : tiling.map(image, tiling.side() * reduction, tiling.side(), this::moments);
    Shape all = moments.shape();
    long channels = drawn ? all.dim(1) / 2 : all.dim(1);
    Shape shape = Shape.of(samples, channels, all.dim(2), all.dim(3));
    float[] moment = moments.toFloats();
    int each = (int) (shape.elements() / samples);
    float[] unit = new float[each * samples];
    if (drawn) {
      Tensor normals = Tensor.allocate(DType.F32, shape);
      noise.fill(normals);
      unit = normals.toFloats();
    }
    float[] latents = new float[each * samples];
    for (int i = 0; i < latents.length; i++) {
      double deviation = drawn ? Math.exp(0.5 * Math.clamp(moment[each + i % each], LEAST_LOG, MOST_LOG)) : 0;
      latents[i] = (float) ((moment[i % each] + deviation * unit[i] - shift) * scale);
    }
    return Tensor.ofFloats(latents, shape.dims());
  }

  /** Means and logarithms one after another (1, 2 L, h, w), or latents, in memory of their own. */
  private Tensor moments(Tensor image) {
    Plan plan = encoderPlan.get(image.shape(), () -> graph(encoder, image.shape()));
    plan.input("image").data().copyFrom(image.data());
    plan.run();
    List<String> names = drawn ? List.of("mean", "logvar") : List.of("latents");
    Shape one = plan.output(names.getFirst()).shape();
    Tensor all = Tensor.allocate(DType.F32, one.with(1, one.dim(1) * names.size()));
    for (int i = 0; i < names.size(); i++) {
      MemorySegment part = plan.output(names.get(i)).data();
      MemorySegment.copy(part, 0, all.data(), i * part.byteSize(), part.byteSize());
    }
    return all;
  }

  /**
   * The picture of latents as diffusion made them.
   *
   * @param latents (N, L, H, W)
   * @param tiling or null for the picture in one piece
   * @return (N, C, R H, R W) f32, about [-1, 1], in memory of its own
   */
  public Tensor decode(Tensor latents, Tiling tiling) {
    float[] values = latents.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] / scale + shift);
    }
    Tensor plain = Tensor.ofFloats(values, latents.shape().dims());
    if (tiling != null && !fits(plain.shape(), tiling.side())) {
      return tiling.map(plain, tiling.side(), tiling.side() * reduction, this::image);
    }
    Tensor image = image(plain);
    return Tensor.ofFloats(image.toFloats(), image.shape().dims());
  }

  private Tensor image(Tensor latents) {
    Plan plan = decoderPlan.get(latents.shape(), () -> graph(decoder, latents.shape()));
    plan.input("latents").data().copyFrom(latents.data());
    plan.run();
    return plan.output("image");
  }

  private static Graph graph(Network network, Shape shape) {
    return network.graph(shape.intDim(0), shape.intDim(2), shape.intDim(3));
  }

  private static boolean fits(Shape shape, int side) {
    return shape.dim(2) <= side && shape.dim(3) <= side;
  }

  /** What decoding latents of that size takes. */
  PlanSize decoderSize(int batch, int height, int width, Tiling tiling) {
    return planner.size(decoder.graph(batch, limited(height, tiling, 1), limited(width, tiling, 1)));
  }

  /** What encoding a picture of that size takes. */
  PlanSize encoderSize(int height, int width, Tiling tiling) {
    return planner.size(encoder.graph(1, limited(height, tiling, reduction), limited(width, tiling, reduction)));
  }

  private static int limited(int side, Tiling tiling, int factor) {
    return tiling == null ? side : Math.min(side, tiling.side() * factor);
  }

  /** How many pixels lie along one of a latent's. */
  public int reduction() {
    return reduction;
  }

  @Override
  public void close() {
    encoderPlan.close();
    decoderPlan.close();
  }
}
