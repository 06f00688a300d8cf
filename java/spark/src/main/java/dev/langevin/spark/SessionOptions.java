package dev.langevin.spark;

import java.util.LinkedHashMap;
import java.util.Map;
import org.apache.spark.sql.SparkSession;
import picocli.CommandLine.Option;

/** Where a job runs: where spark-submit says, else on this machine. */
final class SessionOptions {

  @Option(names = "--master", paramLabel = "URL",
      description = "Spark's master, such as spark://host:7077; without it the one that spark-submit names, else this"
          + " machine (local[1]).")
  private String master;

  @Option(names = "--conf", paramLabel = "NAME=VALUE", description = "A setting of Spark's; repeatable (none).")
  private Map<String, String> settings = new LinkedHashMap<>();

  /** Opens a session, which the caller stops. */
  SparkSession open(String name) {
    return open(name, Map.of());
  }

  /**
   * Opens a session, which the caller stops.
   *
   * @param ofJob settings that {@code --conf} goes before
   */
  SparkSession open(String name, Map<String, String> ofJob) {
    JavaVersion.require(Runtime.version(), "the driver");
    SparkSession.Builder builder = SparkSession.builder().appName(name);
    boolean submitted = System.getProperty("spark.master") != null;
    if (master != null || !submitted) {
      builder.master(master != null ? master : "local[1]"); // one task at a time computes on all cores
    }
    if (!submitted && master == null) {
      builder.config("spark.driver.bindAddress", "127.0.0.1").config("spark.driver.host", "127.0.0.1")
          .config("spark.ui.enabled", "false");
    }
    builder.config("spark.sql.session.timeZone", "UTC");
    ofJob.forEach(builder::config);
    settings.forEach(builder::config);
    return builder.getOrCreate();
  }
}
