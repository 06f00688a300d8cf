package dev.langevin.spark;

import java.util.ArrayList;
import java.util.List;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;

/** Spark within the test's own process, one for all tests, as a process has one. */
final class Local {

  private static SparkSession session;

  private Local() {}

  static synchronized SparkSession session() {
    if (session == null) {
      session = SparkSession.builder().master("local[2]").appName("tests").config("spark.ui.enabled", "false")
          .config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
          .config("spark.sql.shuffle.partitions", "2").config("spark.sql.session.timeZone", "UTC").getOrCreate();
    }
    return session;
  }

  /** A table of rows. @param ddl its columns, such as {@code prompt string, seed int} */
  static Dataset<Row> table(String ddl, Object[]... rows) {
    List<Row> all = new ArrayList<>();
    for (Object[] row : rows) {
      all.add(RowFactory.create(row));
    }
    return session().createDataFrame(all, StructType.fromDDL(ddl));
  }
}
