package dev.langevin.spark;

import dev.langevin.image.PictureFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.SparkConf;
import org.apache.spark.api.plugin.DriverPlugin;
import org.apache.spark.api.plugin.ExecutorPlugin;
import org.apache.spark.api.plugin.PluginContext;
import org.apache.spark.api.plugin.SparkPlugin;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A plugin of Spark's ({@code spark.plugins}), by which an executor opens the model of rows that name none when it
 * starts, so that no task does. {@link #settings} are what it reads. Where a driver computes itself it does nothing. A
 * model that cannot be opened ends no executor: the first task that needs it tells why.
 */
public final class ModelPlugin implements SparkPlugin {

  /** The model, as of {@link BulkOptions#model}; none for the embedded one. */
  static final String MODEL = "spark.langevin.model";

  /** Options of {@code generate} that it is opened with, a line each. */
  static final String OPTIONS = "spark.langevin.options";

  private static final Logger LOG = LoggerFactory.getLogger(ModelPlugin.class);

  /** Settings with which executors open the model of a job when they start. */
  static Map<String, String> settings(BulkOptions options) {
    Map<String, String> settings = new LinkedHashMap<>();
    settings.put("spark.plugins", ModelPlugin.class.getName());
    settings.put(OPTIONS, String.join("\n", options.generate()));
    if (options.model() != null) {
      settings.put(MODEL, options.model());
    }
    return settings;
  }

  @Override
  public DriverPlugin driverPlugin() {
    return null; // as Spark has it where there is nothing to do
  }

  @Override
  public ExecutorPlugin executorPlugin() {
    return new ExecutorPlugin() {
      @Override
      public void init(PluginContext context, Map<String, String> ofDriver) {
        if (!context.executorID().equals("driver")) {
          open(context.conf(), SparkHadoopUtil.get().newConfiguration(context.conf()));
        }
      }
    };
  }

  private static void open(SparkConf conf, Configuration files) {
    try {
      long begun = System.nanoTime();
      List<String> options = conf.get(OPTIONS, "").lines().toList();
      new RowMaker(options, conf.get(MODEL, null), PictureFormat.PNG, null, 1).open(files);
      LOG.info("the model is open, after {} ms", (System.nanoTime() - begun) / 1_000_000);
    } catch (RuntimeException | LinkageError e) {
      LOG.warn("no model is opened ahead: {}", RowMaker.sentence(e));
    }
  }
}
