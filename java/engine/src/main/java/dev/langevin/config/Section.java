package dev.langevin.config;

import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * The fields of one kind of file that are read; all others are left alone, as published files carry many. Immutable.
 */
public final class Section {

  private final String name;
  private final String file;
  private final Map<String, Field> fields = new LinkedHashMap<>();

  Section(String name, String file, Field... fields) {
    this.name = name;
    this.file = file;
    for (Field field : fields) {
      if (this.fields.put(field.name(), field) != null) {
        throw new IllegalStateException(name + " declares " + field.name() + " twice");
      }
    }
  }

  /** What it configures, by diffusers' or transformers' name. */
  public String name() {
    return name;
  }

  /** The file's name, for messages. */
  public String file() {
    return file;
  }

  /** Its fields, in the order in which they are listed; a view that nobody changes. */
  public Collection<Field> fields() {
    return Collections.unmodifiableCollection(fields.values());
  }

  /** The fields' names. */
  Set<String> names() {
    return Collections.unmodifiableSet(fields.keySet());
  }

  Field field(String key) {
    Field field = fields.get(key);
    if (field == null) {
      throw new IllegalStateException(
          "the configuration of " + name + " declares no " + key + "; add it to Configurations");
    }
    return field;
  }
}
