package dev.langevin.spark;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.Serializable;
import java.io.UncheckedIOException;
import java.sql.Timestamp;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.StructType;

/**
 * A row of the manifest: what became of a row of the input.
 *
 * @param id the file's name without its ending
 * @param row {@link Asked#digest}, by which a later run knows that nothing else is asked for now
 * @param prompt as it was asked
 * @param seed that made the picture, or null
 * @param parameters as they stand in the picture, or null
 * @param file below the output folder, or null
 * @param sha256 of the file, or null
 * @param bytes of the file, or null
 * @param seconds that it took to make and to write
 * @param made when it was ready
 * @param node the host and the executor
 * @param warnings of what was cut from the prompt, and the like
 * @param error why there is no picture, or null
 */
record Manifest(String id, String row, String prompt, Long seed, String parameters, String file, String sha256,
    Long bytes, double seconds, Timestamp made, String node, List<String> warnings, String error)
    implements Serializable {

  static final StructType SCHEMA = new StructType().add("id", DataTypes.StringType, false)
      .add("row", DataTypes.StringType, false).add("prompt", DataTypes.StringType).add("seed", DataTypes.LongType)
      .add("parameters", DataTypes.StringType).add("file", DataTypes.StringType).add("sha256", DataTypes.StringType)
      .add("bytes", DataTypes.LongType).add("seconds", DataTypes.DoubleType).add("made", DataTypes.TimestampType)
      .add("node", DataTypes.StringType).add("warnings", DataTypes.createArrayType(DataTypes.StringType, false))
      .add("error", DataTypes.StringType);

  private static final ObjectMapper JSON = new ObjectMapper();

  Row toRow() {
    return RowFactory.create(id, row, prompt, seed, parameters, file, sha256, bytes, seconds, made, node,
        warnings.toArray(String[]::new), error);
  }

  /** @param row of {@link #SCHEMA} */
  static Manifest of(Row row) {
    return new Manifest(row.getAs("id"), row.getAs("row"), row.getAs("prompt"), row.getAs("seed"),
        row.getAs("parameters"), row.getAs("file"), row.getAs("sha256"), row.getAs("bytes"), row.getAs("seconds"),
        row.getAs("made"), row.getAs("node"), List.copyOf(row.<String>getList(row.fieldIndex("warnings"))),
        row.getAs("error"));
  }

  /** For the note that proves a picture before the table is written. */
  byte[] toJson() {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("id", id);
    fields.put("row", row);
    fields.put("prompt", prompt);
    fields.put("seed", seed);
    fields.put("parameters", parameters);
    fields.put("file", file);
    fields.put("sha256", sha256);
    fields.put("bytes", bytes);
    fields.put("seconds", seconds);
    fields.put("made", made.getTime());
    fields.put("node", node);
    fields.put("warnings", warnings);
    try {
      return JSON.writeValueAsBytes(fields);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** What {@link #toJson} wrote, or null where it is something else. */
  static Manifest ofJson(byte[] json) {
    try {
      Map<String, Object> fields = JSON.readValue(json, new TypeReference<>() {});
      @SuppressWarnings("unchecked")
      List<String> warnings = (List<String>) fields.get("warnings");
      return new Manifest((String) fields.get("id"), (String) fields.get("row"), (String) fields.get("prompt"),
          ((Number) fields.get("seed")).longValue(), (String) fields.get("parameters"), (String) fields.get("file"),
          (String) fields.get("sha256"), ((Number) fields.get("bytes")).longValue(),
          ((Number) fields.get("seconds")).doubleValue(), new Timestamp(((Number) fields.get("made")).longValue()),
          (String) fields.get("node"), List.copyOf(warnings), null);
    } catch (IOException | NullPointerException | ClassCastException e) {
      return null; // the picture is made again
    }
  }
}
