package dev.langevin.training;

import dev.langevin.image.Resampling;
import dev.langevin.text.Printable;
import dev.langevin.training.data.Augmentation;
import dev.langevin.training.data.CifarBinary;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.FolderOptions;
import dev.langevin.training.data.IdxDataset;
import dev.langevin.training.data.ImageFolder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a run is trained on.
 *
 * @param format images (a folder of pictures), idx (MNIST's family) or cifar
 * @param split train, test or validation; null for train
 * @param size side of the pictures that the network sees
 * @param channels 1 or 3
 * @param resize side that the shorter side is brought to first; null leaves it
 * @param randomCrop whether the part that is seen is drawn, or the middle
 * @param pad whether smaller pictures are padded with the background
 * @param flip share of pictures that are mirrored
 * @param shift most pixels by which a picture is moved
 * @param background six hexadecimal digits; null for white
 * @param strict whether a picture that cannot be read ends the run; it is left out otherwise
 * @param balance whether examples of rare classes are shown more often, see {@link Dataset#balanced}
 * @param variants how many augmented versions of each picture a latent model, a prior or a decoder is shown; null for 1
 */
public record DataConfig(String format, Path path, String split, int size, int channels, Integer resize,
    boolean randomCrop, boolean pad,
    double flip, int shift, String background, boolean strict, boolean balance, Integer variants) {

  public DataConfig {
    if (format == null || path == null || size < 1 || variants != null && variants < 1) {
      throw new IllegalArgumentException(
          "data: format is " + format + ", path " + path + ", size " + size + ", variants " + variants
              + "; format and path are needed, size and variants are at least 1");
    }
    if (background != null && !background.matches("[0-9a-fA-F]{6}")) {
      throw new IllegalArgumentException(
          "data.background is '" + background + "', must be six hexadecimal digits such as 000000");
    }
  }

  int versions() {
    return variants == null ? 1 : variants;
  }

  DataConfig from(Path folder) {
    return new DataConfig(format, TrainingConfig.resolve(folder, path), split, size, channels, resize, randomCrop, pad,
        flip, shift, background,
        strict, balance, variants);
  }

  /** The same data without chance: what a model is compared with. */
  public DataConfig plain(String otherSplit) {
    return new DataConfig(format, path, otherSplit, size, channels, resize, false, pad, 0, 0, background, strict, false,
        1);
  }

  /** The like at another place. */
  public DataConfig at(Path other) {
    return new DataConfig(format, other, split, size, channels, resize, randomCrop, pad, flip, shift, background,
        strict, balance, variants);
  }

  /** The settings by their names in a file. */
  Map<String, Object> fields() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("format", format);
    fields.put("path", path.toString());
    fields.put("size", size);
    fields.put("channels", channels);
    fields.put("resize", resize);
    fields.put("pad", pad);
    fields.put("background", background);
    return fields;
  }

  /** Opens the pictures. */
  public Dataset open() {
    String part = split == null ? "train" : split;
    Dataset opened = switch (format) {
      case "images" -> {
        FolderOptions options =
            FolderOptions.usual().split(split).warning(warning -> System.err.println(Printable.of(warning)));
        yield ImageFolder.open(path, strict ? options.refusingDamage() : options);
      }
      case "idx" -> IdxDataset.open(path, part);
      case "cifar" -> CifarBinary.open(path, part);
      default -> throw new TrainingException("data.format is " + format + ", must be images, idx or cifar");
    };
    return balance ? opened.balanced() : opened;
  }

  /** How a picture becomes what the network sees. */
  public Augmentation augmentation() {
    Augmentation base = Augmentation.of(channels, size).flipping(flip).shifting(shift)
        .on(background == null ? Augmentation.WHITE : Integer.parseInt(background, 16));
    base = pad ? base.padding() : base;
    base = resize == null ? base : base.resizing(resize, Resampling.BICUBIC);
    return randomCrop ? base.cropping(Augmentation.Crop.RANDOM) : base;
  }
}
