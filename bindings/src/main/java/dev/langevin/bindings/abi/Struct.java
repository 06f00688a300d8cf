package dev.langevin.bindings.abi;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A C struct: the offsets of its fields follow from their types by the rule of the platform's C compilers, each field
 * at the next multiple of its own size.
 */
public final class Struct {

  /** A field, or an array of {@code count} of them, {@code offset} bytes into its struct. */
  public record Field(String name, Scalar type, int count, long offset) {
    private long end() {
      return offset + count * type.bytes();
    }
  }

  private final String name;
  private final List<Field> fields;
  private final long bytes;

  /**
   * @param runs fields in the header's order, each run a type's letter and the names of the fields of that type:
   *   {@code "p src dst[2]", "l rows"}
   */
  public Struct(String name, String... runs) {
    this.name = name;
    List<Field> placed = new ArrayList<>();
    long end = 0;
    long alignment = 1;
    for (String run : runs) {
      Scalar type = Scalar.of(run.charAt(0));
      alignment = Math.max(alignment, type.bytes());
      for (String declared : run.substring(2).split(" ")) {
        int bracket = declared.indexOf('[');
        Field field = new Field(bracket < 0 ? declared : declared.substring(0, bracket), type,
            bracket < 0 ? 1 : Integer.parseInt(declared, bracket + 1, declared.length() - 1, 10),
            roundUp(end, type.bytes()));
        placed.add(field);
        end = field.end();
      }
    }
    this.fields = List.copyOf(placed);
    this.bytes = roundUp(end, alignment);
  }

  private static long roundUp(long value, long multiple) {
    return (value + multiple - 1) / multiple * multiple;
  }

  public String name() {
    return name;
  }

  public List<Field> fields() {
    return fields;
  }

  /** sizeof. */
  public long bytes() {
    return bytes;
  }

  /** The field of this name in the header. */
  public Field field(String wanted) {
    for (Field field : fields) {
      if (field.name.equals(wanted)) {
        return field;
      }
    }
    throw new IllegalArgumentException(name + " has no field " + wanted + ", only "
        + Arrays.toString(fields.stream().map(Field::name).toArray()));
  }

  /** The lines that native/abi prints for this struct if the header declares it so. */
  public List<String> declaration() {
    List<String> lines = new ArrayList<>();
    lines.add("struct " + name + " " + bytes);
    for (Field field : fields) {
      lines.add("field " + name + "." + field.name + " " + field.offset + " " + field.type.letter() + field.count);
    }
    return lines;
  }
}
