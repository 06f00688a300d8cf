package dev.langevin.spark;

import org.apache.spark.sql.Column;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.catalyst.analysis.NoSuchFunctionException;
import org.apache.spark.sql.catalyst.analysis.NoSuchNamespaceException;
import org.apache.spark.sql.connector.catalog.FunctionCatalog;
import org.apache.spark.sql.connector.catalog.Identifier;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.functions;
import org.apache.spark.sql.util.CaseInsensitiveStringMap;

/**
 * The catalog {@code langevin}, which holds one function: {@code langevin.generate(prompt[, seed[, options]])} for SQL
 * and DataFrames. A session has it after {@link #register}, or with the setting {@code spark.sql.catalog.langevin =
 * dev.langevin.spark.LangevinCatalog}; {@code spark.sql.catalog.langevin.model} and {@code .models} say which model
 * computes where the options name none, and how many stay open in an executor. Thread-safe, as it holds only those.
 */
public final class LangevinCatalog implements FunctionCatalog {

  private static final String NAME = "langevin";

  private static final String SETTING = "spark.sql.catalog." + NAME;

  private static final String FUNCTION = "generate";

  private String model;
  private int models = 1;

  /** Made by Spark. */
  public LangevinCatalog() {}

  /** Gives a session the catalog. */
  public static void register(SparkSession spark) {
    spark.conf().set(SETTING, LangevinCatalog.class.getName());
  }

  /**
   * A column of what {@code langevin.generate} makes: picture, parameters, SHA-256, seed, or the error.
   *
   * @param arguments prompt, and if wanted seed, and a map of texts by the names of columns of {@link BulkJob}'s inputs
   */
  public static Column generate(Column... arguments) {
    return functions.call_function(NAME + "." + FUNCTION, arguments);
  }

  @Override
  public void initialize(String name, CaseInsensitiveStringMap options) {
    JavaVersion.require(Runtime.version(), "the driver");
    model = options.get("model");
    models = options.getInt("models", 1);
  }

  @Override
  public String name() {
    return NAME;
  }

  @Override
  public Identifier[] listFunctions(String[] namespace) throws NoSuchNamespaceException {
    if (namespace.length > 0) {
      throw new NoSuchNamespaceException(namespace);
    }
    return new Identifier[] {Identifier.of(namespace, FUNCTION)};
  }

  @Override
  public UnboundFunction loadFunction(Identifier identifier) throws NoSuchFunctionException {
    if (identifier.namespace().length > 0 || !identifier.name().equalsIgnoreCase(FUNCTION)) {
      throw new NoSuchFunctionException(identifier);
    }
    return new GenerateFunction(model, models);
  }
}
