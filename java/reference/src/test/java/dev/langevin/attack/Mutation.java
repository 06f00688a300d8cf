package dev.langevin.attack;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A change of one field of one file.
 *
 * @param model that the file belongs to
 * @param file within the model's folder
 * @param field or an entry of it, such as {@code block_out_channels[0]}
 * @param value as JSON text; null takes the field away
 * @param kept whether the change means nothing: the picture is that of the model as it was
 */
record Mutation(AttackedModel model, Path file, String field, String value, boolean kept) {

  /** The file's text with the change. */
  String text(Map<String, String> fields) {
    Map<String, String> changed = new LinkedHashMap<>(fields);
    String key = key();
    if (kept) {
      return JsonText.of(changed).replaceFirst("\\{",
          "{" + java.util.regex.Matcher.quoteReplacement(JsonText.quoted(key) + ": 7, "));
    }
    if (value == null) {
      changed.remove(key);
    } else if (field.endsWith("]")) {
      int entry = Integer.parseInt(field.substring(field.indexOf('[') + 1, field.length() - 1));
      changed.put(key, JsonText.withEntry(fields.get(key), entry, value));
    } else {
      changed.put(key, value);
    }
    return JsonText.of(changed);
  }

  /** The field's name. */
  String key() {
    return field.endsWith("]") ? field.substring(0, field.indexOf('[')) : field;
  }

  @Override
  public String toString() {
    String shown =
        kept ? "twice" : value == null ? "taken away" : value.length() > 60 ? value.substring(0, 60) + "..." : value;
    return model.name() + "\t" + file + "\t" + field + "\t" + shown;
  }
}
