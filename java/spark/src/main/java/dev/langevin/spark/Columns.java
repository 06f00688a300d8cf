package dev.langevin.spark;

import static org.apache.spark.sql.functions.array_join;
import static org.apache.spark.sql.functions.col;
import static org.apache.spark.sql.functions.lit;

import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;
import org.apache.spark.sql.Column;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.types.ArrayType;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;

/** The columns of an input: which are read, and as what. */
final class Columns {

  /** Where Spark puts a line that is no JSON. */
  static final String CORRUPT = "_corrupt_record";

  /** Between several updates in one text. */
  static final String SEVERAL = "\n";

  private Columns() {}

  /** All that are read, in the order in which rows are compared. */
  static List<String> known() {
    List<String> known = new ArrayList<>(Asked.OTHERS);
    known.addAll(Asked.OPTIONS.keySet());
    known.add(CORRUPT);
    return known;
  }

  /**
   * The input with every known column, null where it has none, as texts; {@code lora} may be an array of them, and
   * {@code image} and {@code mask} bytes.
   *
   * @param ignored columns that need not be read
   * @throws IllegalArgumentException naming a column that is missing, unknown or of a type that cannot be read
   */
  static Dataset<Row> select(Dataset<Row> input, List<String> ignored) {
    List<String> there = new ArrayList<>(List.of(input.columns()));
    there.removeAll(ignored);
    if (!there.contains("prompt") && !there.contains(CORRUPT)) {
      throw new IllegalArgumentException("the input has the columns " + List.of(input.columns())
          + ", a column prompt is needed; rename the one that holds the texts");
    }
    TreeSet<String> unknown = new TreeSet<>(there);
    known().forEach(unknown::remove);
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException("nothing reads the input's column " + unknown.first() + "; columns are "
          + String.join(", ", known()).replace(", " + CORRUPT, "") + "; rename it, or name it with --ignore");
    }
    List<Column> columns = new ArrayList<>();
    for (String name : known()) {
      columns.add(there.contains(name) ? read(name, input.schema().apply(name).dataType())
          : lit(null).cast(name.equals("lora") ? new ArrayType(DataTypes.StringType, false) : DataTypes.StringType)
              .as(name));
    }
    return input.select(columns.toArray(Column[]::new));
  }

  private static Column read(String name, DataType type) {
    boolean bytes = type.equals(DataTypes.BinaryType) && (name.equals("image") || name.equals("mask"));
    boolean texts = type instanceof ArrayType array && array.elementType().equals(DataTypes.StringType)
        && name.equals("lora");
    if (bytes || texts) {
      return col(name);
    }
    if (!(type.equals(DataTypes.StringType) || type instanceof org.apache.spark.sql.types.NumericType)) {
      throw new IllegalArgumentException("the input's column " + name + " is of type " + type.simpleString()
          + ", a text or a number is read; cast it");
    }
    return col(name).cast(DataTypes.StringType);
  }

  /** A column as a text for {@code langevin.generate}: several updates a line each. */
  static Column text(Dataset<?> input, String name) {
    DataType type = input.schema().apply(name).dataType();
    if (type.equals(DataTypes.BinaryType)) {
      throw new IllegalArgumentException("the input's column " + name + " holds bytes, which langevin.generate does not"
          + " read; name files, or make the pictures with BulkJob");
    }
    return type instanceof ArrayType ? array_join(input.col(name), SEVERAL)
        : input.col(name).cast(DataTypes.StringType);
  }
}
