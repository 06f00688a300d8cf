package dev.langevin.training;

import com.fasterxml.jackson.annotation.JsonProperty;
import dev.langevin.image.Resampling;
import dev.langevin.text.Printable;
import dev.langevin.training.data.Augmentation;
import dev.langevin.training.data.Buckets;
import dev.langevin.training.data.CifarBinary;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.FolderOptions;
import dev.langevin.training.data.IdxDataset;
import dev.langevin.training.data.ImageFolder;
import dev.langevin.training.data.Masks;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * What a run is trained on.
 *
 * @param format images (a folder of pictures), idx (MNIST's family) or cifar
 * @param split train, test or validation; null for train
 * @param size side of the pictures that the network sees
 * @param channels 1 or 3
 * @param fit how larger pictures are brought to {@code size}: cover, crop, contain or stretch; null for cover
 * @param resize side that the shorter side is brought to first, in the place of {@code fit}; null for none
 * @param randomCrop whether the part that is seen is drawn, or the middle
 * @param pad whether smaller pictures are padded with the background
 * @param flip share of pictures that are mirrored
 * @param shift most pixels by which a picture is moved
 * @param background six hexadecimal digits; null for white
 * @param strict whether a picture that cannot be read ends the run; it is left out otherwise
 * @param incomplete what becomes of pictures without the label or caption that a run needs: refuse or leave_out; null
 *   for refuse
 * @param captionColumn column of the metadata; null for the usual ones
 * @param balance whether examples of rare classes are shown more often, see {@link Dataset#balanced}
 * @param bucketed whether each picture is brought to that size of {@link Buckets} which is nearest to its proportions
 * @param bucketStep of which both sides are multiples; null for 64
 * @param bucketShortest least side of a bucket; null for half of {@code size}
 * @param bucketLongest greatest side of a bucket; null for twice {@code size}
 * @param masks folder of {@link Masks}; null for none
 * @param alphaMask whether the pictures' alpha is their mask
 * @param variants how many augmented versions of each picture a latent model, a prior or a decoder is shown; null for 1
 */
public record DataConfig(String format, Path path, String split, int size, int channels, String fit,
    Integer resize, boolean randomCrop, boolean pad, double flip, int shift, String background, boolean strict,
    String incomplete, String captionColumn, boolean balance, Integer variants,
    @JsonProperty("buckets") boolean bucketed, Integer bucketStep, Integer bucketShortest, Integer bucketLongest,
    Path masks, boolean alphaMask) {

  /** Of both sides, as kohya's {@code bucket_reso_steps}. */
  private static final int BUCKET_STEP = 64;

  /**
   * Checks that the settings go together.
   *
   * @throws IllegalArgumentException if settings contradict each other or lie outside their ranges
   */
  public DataConfig {
    if (masks != null && alphaMask) {
      throw new IllegalArgumentException(
          "data.masks is " + masks + " beside data.alpha_mask: true; a picture has one mask, remove one of them");
    }
    if ((masks != null || alphaMask) && !"images".equals(format)) {
      throw new IllegalArgumentException("data.format is " + format + ", masks go with images");
    }
    requireBuckets(bucketed, fit, resize, pad, bucketStep, bucketShortest, bucketLongest);
    if (format == null || path == null || size < 1 || variants != null && variants < 1) {
      throw new IllegalArgumentException(
          "data: format is " + format + ", path " + path + ", size " + size + ", variants " + variants
              + "; format and path are needed, size and variants are at least 1");
    }
    if (fit != null && resize != null) {
      throw new IllegalArgumentException("data.fit is " + fit + " beside data.resize " + resize
          + ", which takes its place; remove one of them");
    }
    if (background != null && !background.matches("[0-9a-fA-F]{6}")) {
      throw new IllegalArgumentException(
          "data.background is '" + background + "', must be six hexadecimal digits such as 000000");
    }
  }

  private static void requireBuckets(boolean bucketed, String fit, Integer resize, boolean pad, Integer... keys) {
    if (bucketed && (fit != null || resize != null || pad)) {
      throw new IllegalArgumentException("data." + (fit != null ? "fit" : resize != null ? "resize" : "pad")
          + " stands beside data.buckets, which bring every picture to cover its bucket; remove one of them");
    }
    String[] names = {"bucket_step", "bucket_shortest", "bucket_longest"};
    for (int i = 0; i < keys.length; i++) {
      if (!bucketed && keys[i] != null) {
        throw new IllegalArgumentException("data." + names[i] + " is " + keys[i]
            + " and data.buckets is not true, so that it would change nothing; set it, or remove the key");
      }
    }
  }

  /**
   * The sizes of samples; null where all are squares.
   *
   * @throws TrainingException if there are none
   */
  Buckets buckets() {
    if (!bucketed) {
      return null;
    }
    try {
      return Buckets.of(size, bucketStep == null ? BUCKET_STEP : bucketStep,
          bucketShortest == null ? (size + 1) / 2 : bucketShortest, bucketLongest == null ? 2 * size : bucketLongest);
    } catch (IllegalArgumentException e) {
      throw new TrainingException("data.size, bucket_step, bucket_shortest and bucket_longest: " + e.getMessage(), e);
    }
  }

  boolean isMasked() {
    return masks != null || alphaMask;
  }

  /**
   * Where the pictures count; null where they count in full.
   *
   * @throws dev.langevin.training.data.DatasetException if a mask is missing or of no use
   */
  Masks maskSource(Dataset dataset) {
    return alphaMask ? Masks.ofAlpha(dataset) : masks == null ? null : Masks.of(dataset, masks);
  }

  int versions() {
    return variants == null ? 1 : variants;
  }

  DataConfig from(Path folder) {
    return new DataConfig(format, TrainingConfig.resolve(folder, path), split, size, channels, fit, resize,
        randomCrop, pad, flip, shift, background, strict, incomplete, captionColumn, balance, variants,
        bucketed, bucketStep, bucketShortest, bucketLongest, TrainingConfig.resolve(folder, masks), alphaMask);
  }

  /** The same data without chance: what a model is compared with. */
  public DataConfig plain(String otherSplit) {
    return new DataConfig(format, path, otherSplit, size, channels, fit, resize, false, pad, 0, 0, background, strict,
        incomplete, captionColumn, false, 1, false, null, null, null, null, false);
  }

  /** The like at another place. */
  public DataConfig at(Path other) {
    return new DataConfig(format, other, split, size, channels, fit, resize, randomCrop, pad, flip, shift, background,
        strict, incomplete, captionColumn, balance, variants,
        bucketed, bucketStep, bucketShortest, bucketLongest, masks, alphaMask);
  }

  /** The settings by their names in a file. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("format", format);
    fields.put("path", path.toString());
    fields.put("size", size);
    fields.put("channels", channels);
    fields.put("fit", fit);
    fields.put("resize", resize);
    fields.put("pad", pad);
    fields.put("background", background);
    return fields;
  }

  /** Opens the pictures. */
  public Dataset open() {
    return open(Needed.NOTHING, null);
  }

  /** What a run needs of each picture. */
  enum Needed {
    NOTHING, LABEL, CAPTION
  }

  /**
   * Opens the pictures and finds those that the run cannot use.
   *
   * @param leftOut where these are listed if there are any; null for nowhere
   * @throws TrainingException if pictures lack what is needed and are not to be left out
   */
  Dataset open(Needed needed, Path leftOut) {
    String part = split == null ? "train" : split;
    List<ImageFolder.Unreadable> unused = new ArrayList<>();
    Dataset opened = switch (format) {
      case "images" -> {
        FolderOptions options = FolderOptions.usual().split(split).captionsIn(captionColumn)
            .warning(warning -> System.err.println(Printable.of(warning)));
        ImageFolder folder = ImageFolder.open(path, strict ? options.refusingDamage() : options);
        unused.addAll(folder.unreadable());
        yield folder.repeated();
      }
      case "idx" -> IdxDataset.open(path, part);
      case "cifar" -> CifarBinary.open(path, part);
      default -> throw new TrainingException("data.format is " + format + ", must be images, idx or cifar");
    };
    Dataset complete = IncompleteExamples.without(opened, needed, this, unused);
    if (!unused.isEmpty() && leftOut != null) {
      IncompleteExamples.list(unused, leftOut);
    }
    return balance ? complete.balanced() : complete;
  }

  /** How a picture becomes what the network sees. */
  public Augmentation augmentation() {
    Augmentation base = Augmentation.of(channels, size).flipping(flip).shifting(shift)
        .on(background == null ? Augmentation.WHITE : Integer.parseInt(background, 16));
    base = pad ? base.padding() : base;
    base = resize == null ? base.fitting(Augmentation.Fit.valueOf(fit == null ? "COVER" : fit.toUpperCase(Locale.ROOT)))
        : base.resizing(resize, Resampling.BICUBIC);
    return randomCrop ? base.cropping(Augmentation.Crop.RANDOM) : base;
  }
}
