package dev.langevin.bindings.shim;

import java.util.List;
import java.util.stream.Stream;

/**
 * A struct of langevin.h. Every field is 8 bytes wide, so the k-th lies at byte 8 k. A letter tells a field's type: p a pointer, l
 * a 64-bit integer, d a double.
 */
public record Struct(String name, List<Field> fields) {

  /** One term of a linear combination. */
  public static final Struct TERM = of("lgv_term", "l:source d:coefficient");

  /** One linear combination: its target and its run of terms. */
  public static final Struct UPDATE = of("lgv_update", "l:target l:first_term l:term_count");

  /** One command of a walk. */
  public static final Struct COMMAND = of("lgv_command", "l:kind p:function p:args p:primitive p:stream l:arg_count");

  /** A walk's commands, and what became of them. */
  public static final Struct WALK = of("lgv_walk_args", "p:commands l:count p:nanoseconds l:failed_index l:failed_status");

  /** A field: its type letter, its name, how many of it follow one another. */
  public record Field(char type, String name, int count) {}

  /** Reads a list such as {@code p:src l:rows p:next_input*2}. */
  static Struct of(String name, String fields) {
    return new Struct(name, Stream.of(fields.split(" ")).map(Struct::field).toList());
  }

  private static Field field(String text) {
    String[] parts = text.substring(2).split("\\*");
    return new Field(text.charAt(0), parts[0], parts.length == 1 ? 1 : Integer.parseInt(parts[1]));
  }

  /** Size in bytes. */
  public long bytes() {
    return 8L * fields.stream().mapToInt(Field::count).sum();
  }

  /**
   * Where a field lies.
   *
   * @throws IllegalArgumentException if it is not there, is not of that type, or has not so many entries
   */
  long offset(char type, String field, int index) {
    long at = 0;
    for (Field f : fields) {
      if (f.name.equals(field) && f.type == type && index >= 0 && index < f.count) {
        return 8 * (at + index);
      }
      at += f.count;
    }
    throw new IllegalArgumentException(name + " has no field " + type + ":" + field + "[" + index + "]; it has " + fields);
  }
}
