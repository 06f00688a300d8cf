package dev.langevin.training.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectReader;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.charset.CharacterCodingException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * The rows of a folder's, and its sub-folders', {@code metadata.jsonl} (an object a line) or {@code metadata.csv} (a
 * header, then a row a line), UTF-8, by the file that their {@code file_name} names.
 */
final class FolderMetadata {

  static final List<String> NAMES = List.of("metadata.jsonl", "metadata.csv");

  private static final ObjectReader JSON =
      new ObjectMapper().reader().with(DeserializationFeature.FAIL_ON_TRAILING_TOKENS)
          .with(DeserializationFeature.FAIL_ON_READING_DUP_TREE_KEY);

  /** What the file says of one picture. */
  record Row(String place, ObjectNode fields) {}

  private final List<Path> files = new ArrayList<>();
  private final Map<Path, Row> rows = new LinkedHashMap<>();
  private Path file; // that is being read

  private FolderMetadata() {}

  /**
   * The files of a folder and of its sub-folders with pictures, each of which names files from where it lies; or, where
   * there are none, that of {@code around}; null if there is none either.
   *
   * @throws DatasetException if one cannot be read, naming the line
   */
  static FolderMetadata of(Path around, Path folder, List<Path> pictures) {
    Set<Path> places = new TreeSet<>();
    for (Path picture : pictures) {
      for (Path place = picture.getParent(); place.startsWith(folder); place = place.getParent()) {
        places.add(place);
      }
    }
    FolderMetadata metadata = new FolderMetadata();
    places.forEach(metadata::readFrom);
    if (metadata.files.isEmpty()) {
      metadata.readFrom(around);
    }
    return metadata.files.isEmpty() ? null : metadata;
  }

  private void readFrom(Path folder) {
    List<Path> found = NAMES.stream().map(folder::resolve).filter(Files::exists).toList();
    if (found.size() > 1) {
      throw new DatasetException(folder + " has both " + String.join(" and ", NAMES) + "; remove one of them");
    }
    if (!found.isEmpty()) {
      file = found.getFirst();
      files.add(file);
      read();
    }
  }

  /** For messages. */
  String file() {
    return DatasetException.some(files.stream().map(Path::toString).toList());
  }

  /** By absolute path, in the file's order. */
  Map<Path, Row> rows() {
    return rows;
  }

  private void read() {
    String text;
    try {
      text = Files.readString(file);
    } catch (CharacterCodingException e) {
      throw new DatasetException(file + " is not UTF-8; save it as such", e);
    } catch (IOException e) {
      throw new DatasetException(file + " cannot be read: " + e, e);
    }
    text = text.startsWith("\ufeff") ? text.substring(1) : text; // a byte-order mark, which spreadsheets write
    if (file.toString().endsWith(".csv")) {
      readCsv(text);
    } else {
      readJsonLines(text.lines().toList());
    }
  }

  private void readJsonLines(List<String> lines) {
    for (int i = 0; i < lines.size(); i++) {
      if (lines.get(i).isBlank()) {
        continue;
      }
      String place = file + " line " + (i + 1);
      try {
        if (!(JSON.readTree(lines.get(i)) instanceof ObjectNode fields)) {
          throw new DatasetException(
              place + " is not a JSON object, such as {\"file_name\": \"0001.png\", \"text\": \"a fox\"}");
        }
        add(place, fields);
      } catch (JsonProcessingException e) {
        throw new DatasetException(place + " is not JSON: " + e.getOriginalMessage(), e);
      }
    }
  }

  private void readCsv(String text) {
    List<Csv.Row> records;
    try {
      records = new ArrayList<>(Csv.parse(text));
    } catch (IllegalArgumentException e) {
      throw new DatasetException(file + " " + e.getMessage(), e);
    }
    if (records.isEmpty()) {
      throw new DatasetException(file + " is empty; its first line must name the columns, such as file_name,text");
    }
    List<String> columns = records.removeFirst().fields();
    for (Csv.Row row : records) {
      String place = file + " line " + row.line();
      if (row.fields().size() != columns.size()) {
        throw new DatasetException(place + " has " + row.fields().size() + " fields, the header has " + columns.size()
            + "; put text that holds commas in quotes");
      }
      ObjectNode fields = new ObjectMapper().createObjectNode();
      for (int i = 0; i < columns.size(); i++) {
        fields.put(columns.get(i).strip(), row.fields().get(i));
      }
      add(place, fields);
    }
  }

  private void add(String place, ObjectNode fields) {
    JsonNode name = fields.get("file_name");
    if (name == null || !name.isTextual() || name.asText().isBlank()) {
      throw new DatasetException(
          place + " has no \"file_name\"; each line must name its picture, relative to the folder");
    }
    Path folder = file.getParent();
    Path picture;
    try {
      picture = folder.resolve(name.asText()).normalize();
      if (name.asText().indexOf('\\') >= 0 && !Files.exists(picture)) { // written by Windows
        picture = folder.resolve(name.asText().replace('\\', '/')).normalize();
      }
    } catch (InvalidPathException e) {
      throw new DatasetException(place + ": file_name is no path: " + e.getMessage(), e);
    }
    if (!picture.startsWith(folder)) {
      throw new DatasetException(
          place + ": file_name " + name.asText() + " is outside of " + folder + "; move the picture there");
    }
    Row earlier = rows.put(picture, new Row(place, fields));
    if (earlier != null) {
      throw new DatasetException(place + ": " + name.asText() + " is already in " + earlier.place()
          + "; several captions of a picture are an array: \"text\": [\"a fox\", \"an animal\"]");
    }
  }
}
