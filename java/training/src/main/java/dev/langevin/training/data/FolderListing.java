package dev.langevin.training.data;

import dev.langevin.image.PictureFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The pictures of a folder, or of one of its splits, and their metadata if there is any.
 *
 * @param folder absolute, the split's own
 * @param pictures absolute, sorted by their names in the folder
 * @param metadata from the folder, or from the one around a split; null for none
 */
record FolderListing(Path folder, List<Path> pictures, FolderMetadata metadata) {

  private static final Set<String> SPLITS = Set.of("train", "test", "validation", "val");

  /**
   * Lists a folder.
   *
   * @param split sub-folder; null for {@code train} if the folder has splits, else the folder itself
   * @throws DatasetException if there is no such folder or split, or no picture in it
   */
  static FolderListing of(Path place, String split) {
    Path root = place.toAbsolutePath().normalize();
    if (!Files.isDirectory(root)) {
      throw new DatasetException(root + " is not a folder");
    }
    List<Path> all = pictures(root);
    Set<String> splits = splits(root, all);
    String chosen = split != null ? split : splits.contains("train") ? "train" : null;
    if (chosen == null && !splits.isEmpty()) {
      throw new DatasetException(
          root + " has no split train, only " + String.join(", ", splits) + "; name the one to read");
    }
    Path folder = chosen == null ? root : root.resolve(chosen).normalize();
    if (!Files.isDirectory(folder) || chosen != null && !root.equals(folder.getParent())) {
      throw new DatasetException(root + " has no split " + chosen
          + (splits.isEmpty() ? "; it has no splits, leave the name out" : ", only " + String.join(", ", splits)));
    }
    FolderMetadata metadata = FolderMetadata.of(folder);
    if (metadata == null && chosen != null) {
      metadata = FolderMetadata.of(root);
    }
    List<Path> pictures = all.stream().filter(file -> file.startsWith(folder)).toList();
    if (pictures.isEmpty()) {
      throw new DatasetException(folder + " holds no pictures; PNG, JPEG, BMP and GIF files are read");
    }
    return new FolderListing(folder, pictures, metadata);
  }

  /**
   * The sub-folders if all that hold pictures are named as splits are. One {@code train} among other names is a class:
   * the vehicle.
   */
  private static Set<String> splits(Path root, List<Path> pictures) {
    Set<String> names = pictures.stream().map(file -> root.relativize(file).getName(0).toString())
        .collect(Collectors.toCollection(TreeSet::new));
    return SPLITS.containsAll(names) ? names : Set.of();
  }

  private static List<Path> pictures(Path folder) {
    try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return files.filter(file -> PictureFile.isNamed(file) && !isHidden(folder, file) && Files.isRegularFile(file))
          .sorted(Comparator.comparing(file -> FolderAnnotations.name(folder, file))).toList();
    } catch (IOException | UncheckedIOException e) {
      throw new DatasetException(folder + " cannot be listed: " + e.getMessage(), e);
    }
  }

  /** Whether it lies in a sub-folder such as {@code .git} or {@code .cache}. */
  private static boolean isHidden(Path folder, Path file) {
    for (Path part : folder.relativize(file)) {
      if (part.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }
}
