package dev.langevin.training.data;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/**
 * Gray pictures of the MNIST family (MNIST, Fashion-MNIST, KMNIST): files {@code train-images-idx3-ubyte} and
 * {@code train-labels-idx1-ubyte}, for the split test {@code t10k-...}, plain or with {@code .gz}. All is kept in
 * memory.
 *
 * <p>
 * Names of examples are the file's prefix and the record's number, {@code train/00042}.
 */
public final class IdxDataset implements Dataset {

  private final String prefix;
  private final byte[] pixels; // (N, H, W)
  private final byte[] labels; // (N)
  private final int height;
  private final int width;
  private final int classes;

  private IdxDataset(String prefix, IdxFile images, IdxFile labels) {
    this.prefix = prefix;
    this.pixels = images.values();
    this.labels = labels.values();
    this.height = images.dim(1);
    this.width = images.dim(2);
    int largest = 0;
    for (byte label : this.labels) {
      largest = Math.max(largest, label & 255);
    }
    this.classes = largest + 1;
  }

  /**
   * Reads a split.
   *
   * @param split {@code train} or {@code test}
   * @throws DatasetException if a file is missing, of another kind, truncated or too long, or if there are not as many
   *   labels as pictures
   */
  public static IdxDataset open(Path folder, String split) {
    String prefix = switch (split) {
      case "train" -> "train";
      case "test" -> "t10k";
      default -> throw new DatasetException(
          folder + ": the split " + split + " is not known to IDX files, which have train and test");
    };
    IdxFile images = IdxFile.read(folder, prefix + "-images", 3);
    IdxFile labels = IdxFile.read(folder, prefix + "-labels", 1);
    if (images.dim(0) != labels.dim(0)) {
      throw new DatasetException(
          images.file() + " has " + images.dim(0) + " pictures, " + labels.file() + " has " + labels.dim(0)
              + " labels; they are not of the same set");
    }
    return new IdxDataset(prefix, images, labels);
  }

  @Override
  public int size() {
    return labels.length;
  }

  @Override
  public Annotation annotation(int index) {
    return Annotation.labelled("%s/%05d".formatted(prefix, index), labels[index] & 255);
  }

  @Override
  public int width(int index) {
    return width;
  }

  @Override
  public int height(int index) {
    return height;
  }

  @Override
  public Picture picture(int index) {
    int bytes = height * width;
    return new Picture(width, height, 1, Arrays.copyOfRange(pixels, index * bytes, (index + 1) * bytes));
  }

  /** Empty: the files hold none. */
  @Override
  public List<String> classNames() {
    return List.of();
  }

  @Override
  public int classes() {
    return classes;
  }

  @Override
  public boolean hasCaptions() {
    return false;
  }
}
