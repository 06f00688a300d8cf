package dev.langevin.training.data;

import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A folder as kohya's scripts have it: beside a picture a text file of its name whose first line is the caption, in
 * sub-folders {@code 10_name}, of which every picture stands ten times in an epoch. A picture without a text file has
 * its folder's name as caption.
 */
final class CaptionFiles {

  /** Times a picture stands in the set, in {@link Annotation#fields}. */
  static final String REPEATS = "repeats";

  private static final Pattern REPEATED = Pattern.compile("(\\d{1,6})_(.+)");

  private CaptionFiles() {}

  /** Whether any picture has a text file beside it. */
  static boolean in(List<Path> pictures) {
    return pictures.stream().anyMatch(picture -> Files.isRegularFile(textOf(picture)));
  }

  private static Path textOf(Path picture) {
    return picture.resolveSibling(picture.getFileName().toString().replaceFirst("\\.[^.]*$", "") + ".txt");
  }

  /** @throws DatasetException if a text file cannot be read */
  static FolderAnnotations of(Path folder, List<Path> pictures) {
    List<Annotation> annotations = new ArrayList<>();
    for (Path picture : pictures) {
      Matcher repeated =
          REPEATED.matcher(folder.equals(picture.getParent()) ? "" : folder.relativize(picture).getName(0)
              .toString());
      boolean named = repeated.matches();
      String caption = caption(textOf(picture));
      List<String> captions = caption != null ? List.of(caption) : named ? List.of(repeated.group(2)) : List.of();
      annotations.add(new Annotation(FolderAnnotations.name(folder, picture), Annotation.UNLABELLED, captions, true,
          named ? Map.of(REPEATS, repeated.group(1)) : Map.of()));
    }
    return new FolderAnnotations(annotations, List.of());
  }

  private static String caption(Path file) {
    if (!Files.isRegularFile(file)) {
      return null;
    }
    try {
      String text = Files.readString(file);
      text = text.startsWith("\ufeff") ? text.substring(1) : text;
      return text.lines().map(String::strip).filter(line -> !line.isEmpty()).findFirst().orElse(null);
    } catch (CharacterCodingException e) {
      throw new DatasetException(file + " is not UTF-8; save it as such", e);
    } catch (IOException e) {
      throw new DatasetException(file + " cannot be read: " + e, e);
    }
  }

  /** The examples as often as their folders say; 0 leaves one out. */
  static int[] repeated(Dataset dataset) {
    List<Integer> indices = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      int times = Integer.parseInt(dataset.annotation(i).fields().getOrDefault(REPEATS, "1"));
      for (int time = 0; time < times; time++) {
        indices.add(i);
      }
    }
    return indices.stream().mapToInt(Integer::intValue).toArray();
  }
}
