package dev.langevin.training.data;

import java.security.MessageDigest;
import java.util.List;

/**
 * A fixed sequence of pictures with labels and captions. Opening one finds out what it can about its files; reading
 * then decodes, or hands out what is kept in memory.
 *
 * <p>
 * Any number of threads may read at once. The order of the examples depends on the files alone, never on the file
 * system's.
 */
public interface Dataset {

  /** At least 1. */
  int size();

  /** Without decoding the picture. */
  Annotation annotation(int index);

  /** In pixels, without decoding the picture. */
  int width(int index);

  /** In pixels, without decoding the picture. */
  int height(int index);

  /**
   * The picture, decoded now or kept from before.
   *
   * @throws DatasetException if the picture cannot be decoded, where opening did not already try
   */
  Picture picture(int index);

  /**
   * The picture with its annotation.
   *
   * @throws DatasetException as {@link #picture} does
   */
  default Example example(int index) {
    return new Example(picture(index), annotation(index));
  }

  /**
   * The same with the examples of rare classes several times: of a class with a share s of the largest one's examples
   * each stands there {@code sqrt(1/s)} times, rounded.
   *
   * @throws DatasetException if an example has no label
   */
  default Dataset balanced() {
    return Subset.balanced(this);
  }

  /** Some of the examples; class names and their number stay. */
  default Dataset only(int[] indices) {
    return new Subset(this, indices);
  }

  /** Adds what an example's picture is made of to a digest: by default the decoded samples. */
  default void digest(int index, MessageDigest digest) {
    digest.update(picture(index).samples());
  }

  /** By label, or empty where the set names none. */
  List<String> classNames();

  /** One more than the largest label, or 0 for a set without labels. */
  int classes();

  /** Whether any example has a caption. */
  boolean hasCaptions();
}
