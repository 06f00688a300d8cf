package dev.langevin.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import java.math.BigDecimal;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a folder says of its pictures: by its metadata, or else by the sub-folders that they lie in.
 *
 * @param list in the order of the pictures
 * @param classNames by label, or empty
 */
record FolderAnnotations(List<Annotation> list, List<String> classNames) {

  /**
   * Annotations from metadata. Labels are numbers, or names if not all are numbers: a name's label is its place among
   * them, sorted.
   *
   * @param pictures the files below {@code folder}, all of which need a row
   * @param captionColumn null for the usual ones
   * @throws DatasetException if a row lacks its picture, a picture its row, or a field makes no sense
   */
  static FolderAnnotations of(Path folder, List<Path> pictures, FolderMetadata metadata, String captionColumn) {
    Set<Path> present = new HashSet<>(pictures);
    List<String> absent =
        metadata.rows().keySet().stream().filter(file -> file.startsWith(folder) && !present.contains(file))
            .map(file -> name(folder, file)).toList();
    if (!absent.isEmpty()) {
      throw new DatasetException(metadata.file() + " names " + absent.size() + " pictures that are not in the folder: "
          + DatasetException.some(absent) + "; remove the lines or add the pictures");
    }
    List<String> silent =
        pictures.stream().filter(file -> !metadata.rows().containsKey(file)).map(file -> name(folder, file)).toList();
    if (!silent.isEmpty()) {
      throw new DatasetException(
          metadata.file() + " has no line for " + silent.size() + " of " + pictures.size() + " pictures: "
              + DatasetException.some(silent) + "; add the lines or move the pictures elsewhere");
    }
    List<FolderMetadata.Row> rows = pictures.stream().map(metadata.rows()::get).toList();
    if (captionColumn != null && rows.stream().noneMatch(row -> row.fields().has(captionColumn))) {
      Set<String> columns = new TreeSet<>();
      rows.forEach(row -> row.fields().fieldNames().forEachRemaining(columns::add));
      throw new DatasetException(metadata.file() + " has no column " + captionColumn + "; it has "
          + DatasetException.some(List.copyOf(columns)));
    }
    List<String> classNames = classNames(rows);
    List<Annotation> annotations = new ArrayList<>();
    for (int i = 0; i < rows.size(); i++) {
      FolderMetadata.Row row = rows.get(i);
      Map<String, String> fields = new HashMap<>();
      row.fields()
          .forEachEntry((key, value) -> fields.put(key, value.isValueNode() ? value.asText() : value.toString()));
      annotations.add(
          new Annotation(name(folder, pictures.get(i)), label(row, classNames), captions(row, captionColumn),
              flippable(row), fields));
    }
    return new FolderAnnotations(annotations, classNames);
  }

  /** Annotations from sub-folders, one a class; pictures that lie in the folder itself have no label. */
  static FolderAnnotations of(Path folder, List<Path> pictures) {
    List<String> loose =
        pictures.stream().filter(file -> file.getParent().equals(folder)).map(file -> name(folder, file)).toList();
    if (!loose.isEmpty() && loose.size() < pictures.size()) {
      throw new DatasetException(folder + " has " + loose.size() + " pictures beside class folders with "
          + (pictures.size() - loose.size())
          + ": " + DatasetException.some(loose) + "; move them into a class folder, or describe all in metadata.jsonl");
    }
    if (!loose.isEmpty()) {
      return new FolderAnnotations(
          loose.stream().map(name -> Annotation.labelled(name, Annotation.UNLABELLED)).toList(), List.of());
    }
    List<String> classes = pictures.stream().map(file -> className(folder, file)).distinct().sorted().toList();
    List<Annotation> annotations = pictures.stream()
        .map(file -> Annotation.labelled(name(folder, file), classes.indexOf(className(folder, file)))).toList();
    return new FolderAnnotations(annotations, classes);
  }

  private static String className(Path folder, Path file) {
    return folder.relativize(file).getName(0).toString();
  }

  /** With slashes on every platform. */
  static String name(Path folder, Path file) {
    return folder.relativize(file).toString().replace('\\', '/');
  }

  /** Empty text counts as none: that is how a table leaves a cell out. */
  private static boolean has(FolderMetadata.Row row, String field) {
    JsonNode value = row.fields().get(field);
    return value != null && !value.isNull() && !(value.isTextual() && value.asText().isBlank());
  }

  /** Empty if every label is a whole number, however it is written; numbers stand in the order of their values. */
  private static List<String> classNames(List<FolderMetadata.Row> rows) {
    Set<String> names = new TreeSet<>();
    for (FolderMetadata.Row row : rows) {
      if (has(row, "label")) {
        names.add(row.fields().get("label").asText().strip());
      }
    }
    TreeMap<BigDecimal, String> numbers = new TreeMap<>();
    for (String name : names) {
      BigDecimal number = number(name);
      if (number == null) {
        return List.copyOf(names);
      }
      numbers.putIfAbsent(number, name);
    }
    return numbers.keySet().stream().allMatch(FolderAnnotations::isWhole) ? List.of()
        : List.copyOf(numbers.values());
  }

  /** Null where it is none. */
  private static BigDecimal number(String text) {
    return text.matches("[-+]?(\\d{1,20}\\.?\\d{0,20}|\\.\\d{1,20})([eE][-+]?\\d{1,2})?") ? new BigDecimal(text) : null;
  }

  private static boolean isWhole(BigDecimal number) {
    return number.stripTrailingZeros().scale() <= 0;
  }

  private static int label(FolderMetadata.Row row, List<String> classNames) {
    if (!has(row, "label")) {
      return Annotation.UNLABELLED;
    }
    String text = row.fields().get("label").asText().strip();
    if (classNames.contains(text)) {
      return classNames.indexOf(text);
    }
    BigDecimal number = number(text);
    if (!classNames.isEmpty()) { // another spelling of a number that stands there
      return IntStream.range(0, classNames.size())
          .filter(i -> new BigDecimal(classNames.get(i)).compareTo(number) == 0).findFirst().orElseThrow();
    }
    if (number.signum() < 0 || number.compareTo(BigDecimal.valueOf(999_999)) > 0) {
      throw new DatasetException(
          row.place() + ": label is " + text + ", must be from 0 to 999999; leave it out for none");
    }
    return number.intValueExact();
  }

  /** Of the named column, or else {@code text}, {@code caption} or {@code prompt}: one, or an array of them. */
  private static List<String> captions(FolderMetadata.Row row, String column) {
    String field = Stream.of("text", "caption", "prompt").filter(name -> has(row, name)).findFirst().orElse("text");
    field = column == null ? field : column;
    if (!has(row, field)) {
      return List.of();
    }
    JsonNode value = row.fields().get(field);
    List<String> captions = new ArrayList<>();
    for (JsonNode caption : value.isArray() ? value : List.of(value)) {
      if (!caption.isTextual()) {
        throw new DatasetException(
            row.place() + ": \"" + field + "\" is " + value + ", must be text or an array of texts");
      }
      captions.add(caption.asText());
    }
    return captions;
  }

  private static boolean flippable(FolderMetadata.Row row) {
    if (!has(row, "flip")) {
      return true;
    }
    String text = row.fields().get("flip").asText();
    if (!text.equalsIgnoreCase("true") && !text.equalsIgnoreCase("false")) {
      throw new DatasetException(row.place() + ": \"flip\" is " + row.fields().get("flip") + ", must be true or false");
    }
    return text.equalsIgnoreCase("true");
  }
}
