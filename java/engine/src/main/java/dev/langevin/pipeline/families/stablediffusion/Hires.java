package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.image.Enlargement;
import dev.langevin.image.Images;
import dev.langevin.image.LatentInterpolation;
import dev.langevin.image.Resampling;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.starts.SecondPass;
import dev.langevin.pipeline.upscaling.Planes;
import dev.langevin.pipeline.upscaling.UpscalingNetwork;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.HiresFix;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * What comes between the passes: the first's latents are enlarged, or its picture is and encoded again, by the mean of
 * what the autoencoder says. A network enlarges as often as it must, three times at most; then the picture is brought
 * to the size by Lanczos' filter.
 *
 * @param first the first pass's request, and {@code second} the second's
 */
record Hires(StableDiffusionModel model, GenerationRequest first, GenerationRequest second, RequestShape shape,
    HiresFix fix) implements Stage {

  private static final int MOST_PASSES = 3;

  private static final double MOST_STRENGTH = 0.999; // as web UIs have it

  /**
   * @param request with a second pass, complete
   * @throws IllegalArgumentException if something else is asked for that leaves no place for one
   */
  static Hires of(StableDiffusionModel model, GenerationRequest request, RequestShape shape) {
    HiresFix fix = request.hires();
    String other = request.image() != null ? "a picture to begin with"
        : !request.controls().isEmpty() ? "control pictures"
        : request.latents() != null || request.denoisingEnd() < 1 ? "a part of the chain"
        : request.timesteps() != null ? "timesteps of the caller's" : null;
    if (other != null) {
      throw new IllegalArgumentException("a second pass at a larger size goes with no " + other + "; leave one away");
    }
    if (fix.method() == HiresFix.Method.NETWORK && model.upscaler == null) {
      throw new IllegalArgumentException(
          "the second pass is to begin with a picture that a network enlarges; load the model with its file");
    }
    int walked = fix.steps() == 0 ? shape.steps() : fix.steps();
    int reduction = model.codec.reduction();
    GenerationRequest second = request.toBuilder().hires(null)
        .size(fix.larger(shape.width(), reduction), fix.larger(shape.height(), reduction))
        .steps((int) (walked / Math.min(fix.strength(), MOST_STRENGTH))).build();
    return new Hires(model, request.toBuilder().hires(null).build(), second,
        RequestShape.of(model, second, shape.adapted(), walked, shape.steps()), fix);
  }

  /** The stages of the second pass, this one first. */
  List<Stage> stages() {
    int walked = fix.steps() == 0 ? first.steps() : fix.steps();
    Sample sample =
        new Sample(model, second, shape, new SecondPass(shape.steps(), walked, model.noise(second)));
    List<Stage> stages = new ArrayList<>(List.of(this));
    for (Stage stage : List.of(new Text(model, second, shape, sample), sample.beginning(), sample)) {
      stages.add(new Named("second " + stage.name(), stage));
    }
    stages.add(new Decode(model, second, shape.latents()));
    return stages;
  }

  @Override
  public String name() {
    return "enlarge";
  }

  @Override
  public List<Need> needs() {
    if (!fix.method().ofPicture()) {
      return List.of();
    }
    int reduction = model.codec.reduction();
    List<Need> needs = new ArrayList<>(List.of(model.codec.decoder(first.samples(), first.height() / reduction,
        first.width() / reduction, first.tiling())));
    if (fix.method() == HiresFix.Method.NETWORK) {
      needs.add(model.upscaler.need(first.width(), first.height(), model.upscaler.tiles(null)));
    }
    needs.add(model.codec.encoder(shape.height(), shape.width(), first.tiling()));
    return needs;
  }

  @Override
  public void run(Run run) {
    Tensor latents = run.tensors().remove("latents");
    run.tensors().put("latents", fix.method().ofPicture() ? ofPictures(latents, run) : ofLatents(latents));
  }

  private Tensor ofLatents(Tensor latents) {
    int height = shape.latents().intDim(2);
    int width = shape.latents().intDim(3);
    return switch (fix.method()) {
      case LATENT, LATENT_ANTIALIASED -> LatentInterpolation.BILINEAR.resize(latents, height, width);
      case LATENT_BICUBIC -> LatentInterpolation.BICUBIC.resize(latents, height, width);
      case LATENT_BICUBIC_ANTIALIASED -> Enlargement.bicubic(latents, height, width);
      case LATENT_NEAREST -> LatentInterpolation.NEAREST.resize(latents, height, width);
      case LATENT_NEAREST_EXACT -> LatentInterpolation.NEAREST_EXACT.resize(latents, height, width);
      case LANCZOS, NETWORK -> throw new IllegalStateException("pictures are enlarged, not latents");
    };
  }

  private Tensor ofPictures(Tensor latents, Run run) {
    Tensor pictures = Images.signedToUnit(model.codec.decode(latents, first.tiling(), run::pass));
    Tensor all = Tensor.allocate(DType.F32, shape.latents());
    for (int k = 0; k < first.samples(); k++) {
      Tensor signed = Images.toSignedUnit(enlarged(Images.fromUnit(pictures.row(k)), run));
      Shape one = signed.shape();
      Tensor encoded = model.codec.encode(signed.reshape(1, one.dim(0), one.dim(1), one.dim(2)), 1, noise -> {},
          first.tiling(), run::pass);
      MemorySegment.copy(encoded.data(), 0, all.data(), k * encoded.data().byteSize(), encoded.data().byteSize());
    }
    return all;
  }

  private BufferedImage enlarged(BufferedImage picture, Run run) {
    BufferedImage larger = picture;
    if (fix.method() == HiresFix.Method.NETWORK) {
      UpscalingNetwork network = model.upscaler;
      for (int i = 0; i < MOST_PASSES && network.model().scale() > 1
          && (larger.getWidth() < shape.width() || larger.getHeight() < shape.height()); i++) {
        larger = Images.fromUnit(Planes.enlarge(network, Images.toUnit(larger), network.tiles(null), run::pass));
      }
    }
    return larger.getWidth() == shape.width() && larger.getHeight() == shape.height() ? larger
        : Resampling.LANCZOS.resize(larger, shape.width(), shape.height());
  }

  /** A stage under another name, as times are told by it. */
  private record Named(String name, Stage stage) implements Stage {

    @Override
    public List<Need> needs() {
      return stage.needs();
    }

    @Override
    public Pace pace() {
      return stage.pace();
    }

    @Override
    public void run(Run run) {
      stage.run(run);
    }
  }
}
