package dev.langevin.spark;

import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.spark.sql.Row;

/**
 * What a row asks for, as the options of {@code generate}.
 *
 * @param texts the columns that are not null, by their names, without {@code lora}, {@code image} and {@code mask}
 *   where these are bytes
 * @param loras each as {@code --lora} takes it
 * @param bytes pictures of the columns {@code image} and {@code mask} that are bytes
 */
record Asked(Map<String, String> texts, List<String> loras, Map<String, byte[]> bytes) implements Serializable {

  /** Columns that are read, and the option of {@code generate} that each is; the prompt stands without one. */
  static final Map<String, String> OPTIONS = options();

  /** Columns beside those that are options. */
  static final List<String> OTHERS = List.of("id", "prompt");

  /** Hexadecimal digits of an id that is made of a row: 64 bits, for which a million rows meet at odds of 1e-8. */
  private static final int ID_DIGITS = 16;

  private static Map<String, String> options() {
    Map<String, String> options = new LinkedHashMap<>();
    for (String name : List.of("seed", "negative", "size", "steps", "sampler", "schedule", "guidance", "strength",
        "model", "lora", "mask")) {
      options.put(name, "--" + name);
    }
    options.put("image", "--init-image");
    return options;
  }

  /** Of a row that has the columns of {@link Columns#select}. */
  static Asked of(Row row) {
    Map<String, String> texts = new LinkedHashMap<>();
    Map<String, byte[]> bytes = new LinkedHashMap<>();
    List<String> loras = new ArrayList<>();
    for (String name : Columns.known()) {
      int at = row.fieldIndex(name);
      if (row.isNullAt(at)) {
        continue;
      }
      Object value = row.get(at);
      switch (value) {
        case byte[] picture -> bytes.put(name, picture);
        case String text when name.equals("lora") -> loras.add(text);
        case String text -> texts.put(name, text);
        default -> loras.addAll(row.<String>getList(at));
      }
    }
    return new Asked(texts, loras, bytes);
  }

  /** The file's name without its ending: the column {@code id}, or else a digest of all that decides the picture. */
  String id(String common) {
    return texts.containsKey("id") ? texts.get("id") : digest(common).substring(0, ID_DIGITS);
  }

  /**
   * SHA-256 of all that decides the picture's file, but for the contents of files that are named.
   *
   * @param common what holds for all rows
   */
  String digest(String common) {
    MessageDigest digest = Digests.sha256();
    add(digest, common);
    texts.forEach((name, value) -> {
      if (!name.equals("id")) {
        add(digest, name);
        add(digest, value);
      }
    });
    for (String lora : loras) {
      add(digest, "lora");
      add(digest, lora);
    }
    bytes.forEach((name, value) -> {
      add(digest, name);
      digest.update(value);
    });
    return HexFormat.of().formatHex(digest.digest());
  }

  private static void add(MessageDigest digest, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    digest.update((bytes.length + ":").getBytes(StandardCharsets.UTF_8)); // or two rows could run into the same bytes
    digest.update(bytes);
  }
}
