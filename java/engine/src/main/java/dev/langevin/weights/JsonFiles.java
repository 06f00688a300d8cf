package dev.langevin.weights;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** Writes configurations as people and diffusers write them. */
public final class JsonFiles {

  private static final DefaultIndenter LINES = new DefaultIndenter("  ", "\n");

  private JsonFiles() {}

  /** Two spaces a level, UTF-8. */
  public static void write(Path file, Map<String, Object> values) throws IOException {
    DefaultPrettyPrinter printer = new DefaultPrettyPrinter();
    printer.indentObjectsWith(LINES);
    printer.indentArraysWith(LINES);
    Files.writeString(file, new ObjectMapper(Json.factory().build())
        .enable(SerializationFeature.ORDER_MAP_ENTRIES_BY_KEYS).writer(printer).writeValueAsString(values) + "\n");
  }

  /** As the text of a YAML file. */
  public static String yaml(Map<String, Object> values) throws IOException {
    return new YAMLMapper().writeValueAsString(values);
  }

  /**
   * Reads one, in its order.
   *
   * @throws IOException if it is no JSON object
   */
  public static Map<String, Object> read(Path file) throws IOException {
    return new ObjectMapper(Json.factory().build()).readValue(Files.readString(file),
        new TypeReference<LinkedHashMap<String, Object>>() {});
  }

  /**
   * Writes a text unless it is there already, as where a process was killed that had begun the same. It is on the disk
   * then.
   *
   * @throws IOException if another file is there
   */
  public static void writeNew(Path file, String text) throws IOException {
    if (!Files.exists(file)) {
      Files.writeString(file, text);
      DiskSync.sync(file);
    } else if (!Files.readString(file).equals(text)) {
      throw new IOException(file + " is there already, and says something else; name a new file");
    }
  }
}
