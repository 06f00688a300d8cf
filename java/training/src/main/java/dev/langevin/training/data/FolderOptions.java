package dev.langevin.training.data;

import java.util.function.Consumer;

/**
 * How an {@link ImageFolder} is opened.
 *
 * @param split sub-folder that is read, such as {@code train} or {@code test}; null for {@code train} where there is
 *   one, else the folder itself
 * @param captionColumn of the metadata; null for {@code text}, or else {@code caption}, or else {@code prompt}
 * @param strict whether pictures that cannot be decoded are an error instead of being left out
 * @param checkedBytes most bytes of files that opening decodes to find damaged ones, which takes about ten seconds a
 *   gigabyte and core; of a larger folder only the headers are read, unless strict
 * @param keptBytes most bytes of decoded pictures that stay in memory
 * @param warnings told once, at opening, of pictures that are left out
 */
public record FolderOptions(String split, String captionColumn, boolean strict, long checkedBytes, long keptBytes,
    Consumer<String> warnings) {

  /** Not strict; 2 GiB are checked, an eighth of the heap is kept, nobody is told. */
  public static FolderOptions usual() {
    return new FolderOptions(null, null, false, 2L << 30, Runtime.getRuntime().maxMemory() / 8, warning -> {});
  }

  /** That sub-folder is read; null for {@code train} where there is one, else the folder itself. */
  public FolderOptions split(String name) {
    return new FolderOptions(name, captionColumn, strict, checkedBytes, keptBytes, warnings);
  }

  /** Captions are those of that column of the metadata; null for the usual ones. */
  public FolderOptions captionsIn(String column) {
    return new FolderOptions(split, column, strict, checkedBytes, keptBytes, warnings);
  }

  /** Strict: a damaged picture ends the opening. */
  public FolderOptions refusingDamage() {
    return new FolderOptions(split, captionColumn, true, checkedBytes, keptBytes, warnings);
  }

  /** Opening decodes a folder of at most so many bytes, to find damaged pictures; a larger one only if strict. */
  public FolderOptions checking(long bytes) {
    return new FolderOptions(split, captionColumn, strict, bytes, keptBytes, warnings);
  }

  /** Decoded pictures of at most so many bytes stay in memory. */
  public FolderOptions keeping(long bytes) {
    return new FolderOptions(split, captionColumn, strict, checkedBytes, bytes, warnings);
  }

  /** The listener is told once, at opening, of pictures that are left out. */
  public FolderOptions warning(Consumer<String> listener) {
    return new FolderOptions(split, captionColumn, strict, checkedBytes, keptBytes, listener);
  }
}
