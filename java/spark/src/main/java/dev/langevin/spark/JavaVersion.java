package dev.langevin.spark;

/** The Java that driver and executors need: the engine's classes are of version 69, which Spark's own are not. */
final class JavaVersion {

  /** Spark 4.2 runs on Java 25 from this update on. */
  static final Runtime.Version LEAST = Runtime.Version.parse("25.0.3");

  private JavaVersion() {}

  /**
   * Refuses an older one.
   *
   * @param where whose it is: the driver, or an executor's host
   * @throws IllegalStateException in one sentence
   */
  static void require(Runtime.Version version, String where) {
    if (version.compareToIgnoreOptional(LEAST) < 0) {
      throw new IllegalStateException(where + " runs on Java " + version + ", Langevin on Spark needs " + LEAST
          + " or newer; set JAVA_HOME for the driver and spark.executorEnv.JAVA_HOME for executors, or take an image"
          + " that has it");
    }
  }
}
