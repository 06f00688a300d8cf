package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.training.data.Augmentation;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.Example;
import dev.langevin.training.data.Masks;
import dev.langevin.training.data.Picture;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What an autoencoder that does not learn any more makes of every picture, computed once: mean and log variance of its
 * latents, of several augmented versions of each. A fixed function of its arguments, so that a resumed run sees the
 * same latents.
 */
final class LatentCache {

  private static final int BATCH = 16;

  /** Larger pictures are encoded in smaller batches: an activation takes 512 bytes a pixel. */
  private static final long BATCH_PIXELS = 512 * 512;

  private final float[][] moments; // by variant and example: (2L, H, W), means first
  private final float[][] sizes; // as moments
  private final float[][] masks; // as moments: (H, W); null without masks
  private final List<Shape> shapes = new ArrayList<>(); // by size
  private final int variants;
  private final double scale;

  /**
   * Encodes all pictures, those of one size after another.
   *
   * @param samples the size of each picture's sample
   * @param masked where each picture counts; null where they count in full
   * @param scale of the latents, or null for what makes their deviation 1
   */
  LatentCache(Backend backend, AutoencoderConfig config, TensorSource weights, Dataset dataset, SampleSizes samples,
      Masks masked, int variants, long seed, Double scale) {
    this.variants = variants;
    moments = new float[variants * dataset.size()][];
    sizes = new float[moments.length][];
    masks = masked == null ? null : new float[moments.length][];
    for (int size = 0; size < samples.augmentations().size(); size++) {
      int place = size;
      int[] members = IntStream.range(0, moments.length).filter(at -> samples.of()[at / variants] == place).toArray();
      encode(backend, config, weights, dataset, samples.augmentations().get(size), masked, members, seed);
    }
    this.scale = scale == null ? 1 / deviation() : scale;
  }

  /** @param members the places in {@code moments} of the pictures of one size */
  private void encode(Backend backend, AutoencoderConfig config, TensorSource weights, Dataset dataset,
      Augmentation augmentation, Masks masked, int[] members, long seed) {
    int width = augmentation.width();
    int height = augmentation.height();
    int batch = Math.clamp(BATCH_PIXELS / ((long) width * height), 1, BATCH);
    try (Plan encoder = new Planner(backend).plan(AutoencoderKL.encoder(config, batch, height, width), weights)) {
      shapes.add(encoder.out("mean").shape().with(0, 1));
      for (int first = 0; first < members.length; first += batch) {
        int count = Math.min(batch, members.length - first);
        for (int n = 0; n < count; n++) {
          int at = members[first + n];
          Example example = dataset.example(at / variants);
          long chance = seed * 1_000_003 + at;
          boolean flippable = example.annotation().flippable();
          encoder.in("image").row(n).write(augmentation.apply(example.picture(), flippable, chance));
          sizes[at] = sizes(augmentation, example.picture(), flippable, chance);
          if (masked != null) {
            masks[at] =
                mask(augmentation.ofMask().apply(masked.mask(at / variants), flippable, chance), shapes.getLast());
          }
        }
        encoder.run();
        for (int n = 0; n < count; n++) {
          moments[members[first + n]] = joined(encoder.out("mean").row(n), encoder.out("logvar").row(n));
        }
      }
    }
  }

  /** As the training scripts of XL have it: the crop is that of the mirrored picture. */
  private static float[] sizes(Augmentation augmentation, Picture picture, boolean flippable, long chance) {
    Augmentation.Place place = augmentation.place(picture.width(), picture.height(), flippable, chance);
    return new float[] {picture.height(), picture.width(), place.cutAbove(), place.cutLeft(augmentation.width()),
        augmentation.height(), augmentation.width()};
  }

  /** @param pixels (1, height, width) in [-1, 1] */
  private static float[] mask(Tensor pixels, Shape latents) {
    float[] values = pixels.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (values[i] + 1) / 2;
    }
    return Masks.area(values, pixels.shape().intDim(1), pixels.shape().intDim(2), latents.intDim(2), latents.intDim(3));
  }

  private static float[] joined(DeviceTensor mean, DeviceTensor logVariance) {
    float[] both = java.util.Arrays.copyOf(mean.toFloats(), 2 * Math.toIntExact(mean.shape().elements()));
    float[] second = logVariance.toFloats();
    System.arraycopy(second, 0, both, second.length, second.length);
    return both;
  }

  private double deviation() {
    double sum = 0;
    double squares = 0;
    long count = 0;
    for (float[] values : moments) {
      for (int i = 0; i < values.length / 2; i++) {
        sum += values[i];
        squares += values[i] * (double) values[i] + Math.exp(Math.clamp(values[i + values.length / 2], -30, 20));
        count++;
      }
    }
    return Math.sqrt(squares / count - (sum / count) * (sum / count));
  }

  /** (1, L, H, W) of a picture's latents, by the place of its sample's size. */
  List<Shape> shapes() {
    return shapes;
  }

  /** What brings the latents to unit deviation: the model's {@code scaling_factor}. */
  double scale() {
    return scale;
  }

  /**
   * What XL is told of a picture (arXiv:2307.01952, section 2.2): height and width of the original, rows and columns
   * that were cut above and at the left, height and width of the sample.
   *
   * @param at as {@link #draw} gave it
   */
  float[] sizes(int at) {
    return sizes[at];
  }

  /**
   * (H, W) from 0 to 1: how much each place counts.
   *
   * @param at as {@link #draw} gave it
   */
  float[] mask(int at) {
    return masks[at];
  }

  /**
   * Draws the scaled latents of an example (arXiv:2112.10752, section 3.2).
   *
   * @return the variant that was drawn, for {@link #sizes}
   */
  int draw(int example, StepRandom random, Tensor latents) {
    int at = example * variants + random.below(variants);
    float[] values = moments[at];
    MemorySegment noise = MemorySegment.ofArray(new float[values.length / 2]);
    random.normals(noise);
    for (int i = 0; i < values.length / 2; i++) {
      double deviation = Math.exp(Math.clamp(values[i + values.length / 2], -30, 20) / 2);
      latents.data().setAtIndex(ValueLayout.JAVA_FLOAT, i,
          (float) ((values[i] + deviation * noise.getAtIndex(ValueLayout.JAVA_FLOAT, i)) * scale));
    }
    return at;
  }
}
