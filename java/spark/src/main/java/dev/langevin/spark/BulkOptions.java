package dev.langevin.spark;

import java.io.Serializable;
import java.util.List;
import java.util.Locale;

/**
 * How a job makes its pictures and where it puts them.
 *
 * @param out the output folder, a path of any file system of Hadoop's
 * @param format of the files
 * @param quality of WebP, 1 to 100, or null for one that loses nothing
 * @param mode what happens where {@code out} holds something
 * @param generate options of {@code generate} that hold for all rows, such as {@code --precision=int8}
 * @param model of rows that name none: a local path, {@code hf:OWNER/NAME}, a URI of Hadoop's file systems, or null for
 *   the embedded model
 * @param rowsPerTask most rows that one task makes
 * @param models that an executor keeps open at once
 * @param ignored columns of the input that nothing reads
 */
public record BulkOptions(String out, Format format, Integer quality, Mode mode, List<String> generate, String model,
    int rowsPerTask, int models, List<String> ignored) implements Serializable {

  /** Where a picture's bytes go. */
  public enum Format {
    /** Files {@code pictures/ID.png} with their parameters. */
    PNG,
    /** Files {@code pictures/ID.webp} with their parameters. */
    WEBP,
    /** PNGs in the column {@code picture} of the manifest. */
    PARQUET;

    String ending() {
      return this == WEBP ? "webp" : "png";
    }
  }

  /** Spark's save modes, and resuming. */
  public enum Mode {
    /** Refuses an output folder that holds something. */
    ERROR,
    /** Removes what it holds first. */
    OVERWRITE,
    /** Adds pictures of ids that are not there. */
    APPEND,
    /** Does nothing where it holds something. */
    IGNORE,
    /** Makes what is not proved to be there. */
    RESUME
  }

  /** Rows of a task: enough that starting it costs nothing, few enough that executors end at about one time. */
  public static final int ROWS_PER_TASK = 16;

  /**
   * @throws IllegalArgumentException naming a value that cannot be
   */
  public BulkOptions {
    generate = List.copyOf(generate);
    ignored = List.copyOf(ignored);
    if (rowsPerTask < 1 || models < 1) {
      throw new IllegalArgumentException(
          "rows per task are " + rowsPerTask + ", models " + models + "; both must be at least 1");
    }
    if (quality != null && (format != Format.WEBP || quality < 1 || quality > 100)) {
      throw new IllegalArgumentException("quality is " + quality + " of a " + format.name().toLowerCase(Locale.ROOT)
          + "; it is of webp, from 1 to 100");
    }
  }

  /** PNG files in a folder that must be empty, by the embedded model. */
  public static BulkOptions of(String out) {
    return new BulkOptions(out, Format.PNG, null, Mode.ERROR, List.of(), null, ROWS_PER_TASK, 1, List.of());
  }

  /** With another way to treat what is there. */
  public BulkOptions with(Mode other) {
    return new BulkOptions(out, format, quality, other, generate, model, rowsPerTask, models, ignored);
  }

  /** With another format. */
  public BulkOptions with(Format other) {
    return new BulkOptions(out, other, quality, mode, generate, model, rowsPerTask, models, ignored);
  }

  /** With options of {@code generate} for all rows. */
  public BulkOptions with(List<String> options) {
    return new BulkOptions(out, format, quality, mode, options, model, rowsPerTask, models, ignored);
  }

  /** With another model for rows that name none. */
  public BulkOptions withModel(String other) {
    return new BulkOptions(out, format, quality, mode, generate, other, rowsPerTask, models, ignored);
  }

  /** With so many rows a task. */
  public BulkOptions withRowsPerTask(int rows) {
    return new BulkOptions(out, format, quality, mode, generate, model, rows, models, ignored);
  }

  /** What of it decides a picture's file, beside the row: a part of {@link Asked#digest}. */
  String common() {
    return String.join("\n", format.ending(), String.valueOf(quality), String.valueOf(model),
        String.join("\n", generate));
  }
}
