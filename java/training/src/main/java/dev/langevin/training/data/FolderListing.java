package dev.langevin.training.data;

import dev.langevin.image.PictureFile;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * The pictures of a folder, or of one of its splits, and their metadata if there is any.
 *
 * @param folder absolute, the split's own
 * @param pictures absolute, sorted by their names in the folder
 * @param metadata from the folder and those in it, or from the one around a split; null for none
 */
record FolderListing(Path folder, List<Path> pictures, FolderMetadata metadata) {

  /** Names of folders by the split that they stand for, as Hugging Face's imagefolder has them. */
  private static final Map<String, List<String>> SPLITS = Map.of("train", List.of("train", "training"), "test",
      List.of("test", "testing", "eval", "evaluation"), "validation", List.of("validation", "valid", "dev", "val"));

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
    Path folder = split(root, names(root, all), split);
    List<Path> pictures = all.stream().filter(file -> file.startsWith(folder)).toList();
    FolderMetadata metadata = FolderMetadata.of(root, folder, pictures);
    if (pictures.isEmpty()) {
      throw new DatasetException(folder + " holds no pictures; PNG, JPEG, BMP and GIF files are read");
    }
    return new FolderListing(folder, pictures, metadata);
  }

  /** The first parts of the pictures' names: folders, or files that lie in the root itself. */
  private static Set<String> names(Path root, List<Path> pictures) {
    return pictures.stream().map(file -> root.relativize(file).getName(0).toString())
        .collect(Collectors.toCollection(TreeSet::new));
  }

  /** The split that a folder's name stands for, or null. */
  private static String splitOf(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    return SPLITS.entrySet().stream().filter(entry -> entry.getValue().contains(lower)).map(Map.Entry::getKey)
        .findAny().orElse(null);
  }

  /**
   * The folder of the split that is asked for; the root where none is and it has none. One {@code train} among other
   * names is a class: the vehicle. Two names of splits among others are splits, and leave open what the others are.
   */
  private static Path split(Path root, Set<String> names, String asked) {
    Set<String> splits = names.stream().filter(name -> splitOf(name) != null && Files.isDirectory(root.resolve(name)))
        .collect(Collectors.toCollection(TreeSet::new));
    if (asked != null) {
      return asked(root, splits, asked);
    }
    if (names.isEmpty() || splits.size() < names.size() && splits.size() < 2) {
      return root;
    }
    List<String> train = splits.stream().filter(name -> "train".equals(splitOf(name))).toList();
    if (splits.size() < names.size() && !train.isEmpty()) {
      Set<String> others = new TreeSet<>(names);
      others.removeAll(splits);
      throw new DatasetException(root + " has the splits " + String.join(", ", splits) + " and beside them "
          + DatasetException.some(List.copyOf(others)) + "; name the split to read, or move the others elsewhere");
    }
    if (splits.size() < names.size()) {
      return root;
    }
    if (train.isEmpty()) {
      throw new DatasetException(
          root + " has no split train, only " + String.join(", ", splits) + "; name the one to read");
    }
    return single(root, train);
  }

  private static Path asked(Path root, Set<String> splits, String asked) {
    Path exact = root.resolve(asked).normalize();
    if (Files.isDirectory(exact) && root.equals(exact.getParent())) {
      return exact;
    }
    String meant = splitOf(asked);
    List<String> found = splits.stream().filter(name -> splitOf(name).equals(meant)).toList();
    if (found.isEmpty()) {
      throw new DatasetException(root + " has no split " + asked
          + (splits.isEmpty() ? "; it has no splits, leave the name out" : ", only " + String.join(", ", splits)));
    }
    return single(root, found);
  }

  private static Path single(Path root, List<String> found) {
    if (found.size() > 1) {
      throw new DatasetException(
          root + " has " + String.join(" and ", found) + ", which are one split; name the one to read");
    }
    return root.resolve(found.getFirst());
  }

  private static List<Path> pictures(Path folder) {
    try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return files
          .filter(file -> !isHidden(folder, file) && Files.isRegularFile(file)
              && (PictureFile.isNamed(file) || PictureSignature.begins(file)))
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
