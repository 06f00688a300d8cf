package dev.langevin.spark;

import java.io.IOException;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;

/** A manifest's row with its picture's bytes in it. */
final class Packing {

  private Packing() {}

  /** @param row of {@link Manifest#SCHEMA} */
  static Row packed(Row row, Store store) throws IOException {
    Object[] values = new Object[row.length() + 1];
    for (int i = 0; i < row.length(); i++) {
      values[i] = row.get(i);
    }
    String file = row.getAs("file");
    if (file != null) {
      byte[] bytes = store.read(file);
      if (bytes == null || !Digests.of(bytes).equals(row.getAs("sha256"))) {
        throw new BulkException(store.path(file) + " was changed since it was made; go on with --resume");
      }
      values[row.length()] = bytes;
      values[row.fieldIndex("file")] = null;
    }
    return RowFactory.create(values);
  }
}
