package dev.langevin.pipeline.stages;

import dev.langevin.diffusion.NoiseSource;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.AutoencoderTiny;
import dev.langevin.models.AutoencoderTinyConfig;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.request.Tiling;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.Supplier;

/**
 * Pictures to latents and back, by an autoencoder of either kind. Used by many runs.
 */
public final class LatentCodec {

  /** Limits of the logarithm of a latent's variance. */
  private static final float LEAST_LOG = -30;

  private static final float MOST_LOG = 20;

  private static final String ENCODER = "vae.encoder";

  private static final String DECODER = "vae.decoder";

  /** Makes a pass of a network, as {@link dev.langevin.pipeline.engine.Run#pass}. */
  @FunctionalInterface
  public interface Passes {
    /**
     * Waits for its turn and computes the network once.
     *
     * @param write fills the plan's inputs before it runs, on the backend's thread
     * @param read takes what the pass returns from the plan's outputs, on the same thread
     */
    Tensor pass(Need need, Consumer<Plan> write, Function<Plan, Tensor> read);
  }

  /** Makes a network's graph for a size. */
  private interface Graphs {
    Graph graph(int batch, int height, int width);
  }

  private final Network encoding;
  private final Network decoding;
  private final Graphs encoder;
  private final Graphs decoder;
  private final int reduction;
  private final double scale;
  private final double shift;
  private final boolean drawn; // whether encoding gives a distribution

  private LatentCodec(Supplier<Network> encoding, Supplier<Network> decoding, Graphs encoder, Graphs decoder,
      int reduction, double scale,
      double shift, boolean drawn) {
    this.encoding = encoding.get();
    this.decoding = decoding.get();
    this.encoder = encoder;
    this.decoder = decoder;
    this.reduction = reduction;
    this.scale = scale;
    this.shift = shift;
    this.drawn = drawn;
  }

  /**
   * With an {@link AutoencoderKL}.
   *
   * @param networks makes each half's of its name
   */
  public LatentCodec(Function<String, Network> networks, AutoencoderConfig config) {
    this(() -> networks.apply(ENCODER), () -> networks.apply(DECODER),
        (n, h, w) -> AutoencoderKL.encoder(config, n, h, w),
        (n, h, w) -> AutoencoderKL.decoder(config, n, h, w), config.reduction(), config.scalingFactor(),
        config.shiftFactor(), true);
  }

  /** With an {@link AutoencoderTiny}. */
  public LatentCodec(Function<String, Network> networks, AutoencoderTinyConfig config) {
    this(() -> networks.apply(ENCODER), () -> networks.apply(DECODER),
        (n, h, w) -> AutoencoderTiny.encoder(config, n, h, w),
        (n, h, w) -> AutoencoderTiny.decoder(config, n, h, w), 1 << config.encoderBlocks().size() - 1,
        config.scalingFactor(), 0, false);
  }

  /** Shape of every tensor that the weights must hold. */
  public Map<String, Shape> storedWeights() {
    Map<String, Shape> stored = new TreeMap<>(encoder.graph(1, 8 * reduction, 8 * reduction).storedWeights());
    stored.putAll(decoder.graph(1, 8, 8).storedWeights());
    return stored;
  }

  /**
   * Draws from the picture's latents, scaled for diffusion. An autoencoder of the small kind has but one answer and
   * draws nothing.
   *
   * @param image (1, C, H, W) in [-1, 1], sides multiples of the reduction
   * @param samples draws, one unit normal a number of the latents each
   * @param tiling or null for the picture in one piece
   * @return (samples, L, H/R, W/R) f32
   */
  public Tensor encode(Tensor image, int samples, NoiseSource noise, Tiling tiling, Passes passes) {
    Tensor moments = tiling == null || fits(image.shape(), tiling.side() * reduction)
        ? moments(image, passes)
        : tiling.map(image, tiling.side() * reduction, tiling.side(), tile -> moments(tile, passes));
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
  private Tensor moments(Tensor image, Passes passes) {
    return passes.pass(need(ENCODER, encoding, encoder, image.shape()), plan -> plan.in("image").write(image), plan -> {
      List<String> names = drawn ? List.of("mean", "logvar") : List.of("latents");
      Shape one = plan.out(names.getFirst()).shape();
      Tensor all = Tensor.allocate(DType.F32, one.with(1, one.dim(1) * names.size()));
      for (int i = 0; i < names.size(); i++) {
        MemorySegment part = plan.out(names.get(i)).read().data();
        MemorySegment.copy(part, 0, all.data(), i * part.byteSize(), part.byteSize());
      }
      return all;
    });
  }

  /**
   * The picture of latents as diffusion made them.
   *
   * @param latents (N, L, H, W)
   * @param tiling or null for the picture in one piece
   * @return (N, C, R H, R W) f32, about [-1, 1], in memory of its own
   */
  public Tensor decode(Tensor latents, Tiling tiling, Passes passes) {
    float[] values = latents.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) (values[i] / scale + shift);
    }
    Tensor plain = Tensor.ofFloats(values, latents.shape().dims());
    if (tiling != null && !fits(plain.shape(), tiling.side())) {
      return tiling.map(plain, tiling.side(), tiling.side() * reduction, tile -> image(tile, passes));
    }
    return image(plain, passes);
  }

  private Tensor image(Tensor latents, Passes passes) {
    return passes.pass(need(DECODER, decoding, decoder, latents.shape()), plan -> plan.in("latents").write(latents),
        plan -> plan.out("image").read());
  }

  private static boolean fits(Shape shape, int side) {
    return shape.dim(2) <= side && shape.dim(3) <= side;
  }

  /** What decoding latents of that size takes. */
  public Need decoder(int batch, int height, int width, Tiling tiling) {
    return need(DECODER, decoding, decoder, batch, limited(height, tiling, 1), limited(width, tiling, 1));
  }

  /** What encoding a picture of that size takes. */
  public Need encoder(int height, int width, Tiling tiling) {
    return need(ENCODER, encoding, encoder, 1, limited(height, tiling, reduction), limited(width, tiling, reduction));
  }

  private static Need need(String name, Network network, Graphs graphs, int batch, int height, int width) {
    return new Need(name, network, List.of(batch, height, width), () -> graphs.graph(batch, height, width));
  }

  private static Need need(String name, Network network, Graphs graphs, Shape shape) {
    return need(name, network, graphs, shape.intDim(0), shape.intDim(2), shape.intDim(3));
  }

  private static int limited(int side, Tiling tiling, int factor) {
    return tiling == null ? side : Math.min(side, tiling.side() * factor);
  }

  /** How many pixels lie along one of a latent's. */
  public int reduction() {
    return reduction;
  }
}
