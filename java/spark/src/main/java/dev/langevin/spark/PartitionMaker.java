package dev.langevin.spark;

import java.io.IOException;
import java.sql.Timestamp;
import java.util.Iterator;
import java.util.List;
import java.util.regex.Pattern;
import org.apache.spark.SparkEnv;
import org.apache.spark.TaskContext;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Row;
import org.apache.spark.util.SerializableConfiguration;

/**
 * A task: makes the pictures of its rows that are not there, and answers with all their rows of the manifest. A picture
 * is there if a note beside it, or the manifest of an earlier run, tells of the same row, and the file's digest is the
 * one told; so a task that runs again, or twice at once, or after the driver has died, makes what is missing.
 */
final class PartitionMaker implements MapPartitionsFunction<Row, Row> {

  private static final long serialVersionUID = 1;

  /** Notes that prove pictures until the manifest is written. */
  static final String NOTES = "_rows";

  /** Column with the manifest's row of an earlier run, or null. */
  static final String BEFORE = "before";

  /** A name of a file on any file system, which Spark does not take for a hidden one. */
  private static final Pattern ID = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,199}");

  private final BulkOptions options;
  private final SerializableConfiguration configuration;
  private final Counts counts;
  private final RowMaker maker;

  PartitionMaker(BulkOptions options, SerializableConfiguration configuration, Counts counts) {
    this.options = options;
    this.configuration = configuration;
    this.counts = counts;
    this.maker = new RowMaker(options);
  }

  @Override
  public Iterator<Row> call(Iterator<Row> rows) throws IOException {
    Store store = new Store(options.out(), configuration.value());
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return rows.hasNext();
      }

      @Override
      public Row next() {
        return manifest(rows.next(), store).toRow();
      }
    };
  }

  private Manifest manifest(Row row, Store store) {
    if (TaskContext.get() != null && TaskContext.get().isInterrupted()) {
      throw new BulkException("the task was stopped"); // as another attempt was sooner; it is not told to anybody
    }
    Asked asked = Asked.of(row);
    String id = asked.texts().get("id");
    String digest = asked.digest(options.common());
    long begun = System.nanoTime();
    RowMaker.Picture picture;
    try {
      if (!ID.matcher(id).matches()) {
        throw new IllegalArgumentException("the id '" + id + "' is no name for a file; letters of ASCII, digits and"
            + " ._- are, 200 at most, and none of these at the start");
      }
      Manifest there = there(row, id, digest, store);
      if (there != null) {
        counts.skipped().add(1);
        return there;
      }
      picture = maker.make(asked, configuration.value());
    } catch (BulkException e) {
      throw e;
    } catch (IOException | RuntimeException e) {
      counts.failed().add(1);
      return new Manifest(id, digest, asked.texts().get("prompt"), null, null, null, null, null, seconds(begun), now(),
          node(), List.of(), RowMaker.sentence(e));
    }
    String file = folder() + "/" + id + "." + options.format().ending();
    try {
      store.write(file, picture.bytes());
      Manifest made = new Manifest(id, digest, asked.texts().get("prompt"), picture.seed(), picture.parameters(), file,
          Digests.of(picture.bytes()), (long) picture.bytes().length, seconds(begun), now(), node(),
          picture.warnings(), null);
      store.write(note(id), made.toJson());
      counts.made().add(1);
      return made;
    } catch (IOException e) {
      throw new BulkException(store.path(file) + " cannot be written: " + RowMaker.sentence(e)
          + "; free some space, or see that executors may write there, and go on with --resume", e);
    }
  }

  private static String note(String id) {
    return NOTES + "/" + id + ".json";
  }

  /** Where pictures lie: for a table only until it is written. */
  private String folder() {
    return options.format() == BulkOptions.Format.PARQUET ? BulkJob.PACKED : BulkJob.PICTURES;
  }

  /** What proves that the picture is there, or null. */
  private Manifest there(Row row, String id, String digest, Store store) throws IOException {
    byte[] note = store.read(note(id));
    Manifest told = note == null ? null : Manifest.ofJson(note);
    if (told == null && !row.isNullAt(row.fieldIndex(BEFORE))) {
      told = Manifest.of(row.getStruct(row.fieldIndex(BEFORE)));
    }
    if (told == null || told.error() != null || told.file() == null || !told.row().equals(digest)) {
      return null;
    }
    byte[] bytes = store.read(told.file());
    return bytes != null && Digests.of(bytes).equals(told.sha256()) ? told : null;
  }

  private static double seconds(long begun) {
    return (System.nanoTime() - begun) * 1e-9;
  }

  private static Timestamp now() {
    return new Timestamp(System.currentTimeMillis());
  }

  private static String node() {
    return SparkEnv.get().blockManager().blockManagerId().host() + "/" + SparkEnv.get().executorId();
  }
}
