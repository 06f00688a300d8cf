package dev.langevin.spark;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.cli.PictureRows;
import org.apache.spark.SparkEnv;

/**
 * The models of this executor, which all its tasks share: opened when they are first asked for, closed with the
 * process.
 */
final class ExecutorModels {

  private static PictureRows models;

  private static int open;

  /** Held so that its number of threads stays. */
  @SuppressWarnings("unused")
  private static Backend processor;

  private ExecutorModels() {}

  /**
   * The models.
   *
   * @param most that stay open at once
   */
  static synchronized PictureRows shared(int most) {
    if (models == null || open != most) {
      if (models == null) {
        JavaVersion.require(Runtime.version(), "an executor");
        System.setProperty("java.awt.headless", "true");
        takeCores();
      } else {
        models.close(); // of a job before this one
      }
      models = new PictureRows(most);
      open = most;
    }
    return models;
  }

  /**
   * The engine computes on as many threads as the executor has cores, where Spark or the environment says how many;
   * else executors of one host would each take all of it.
   */
  private static void takeCores() {
    String told = System.getenv("OMP_NUM_THREADS");
    SparkEnv spark = SparkEnv.get();
    if (spark == null || told != null && !told.isBlank() || spark.executorId().equals("driver")) {
      return;
    }
    int cores = spark.conf().getInt("spark.executor.cores", 0);
    if (cores > 0) {
      int ofTask = spark.conf().getInt("spark.task.cpus", 1);
      processor = Backend.open("onednn", BackendOptions.threads(Math.max(cores, ofTask)));
    }
  }
}
