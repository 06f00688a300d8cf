package dev.langevin.spark;

import dev.langevin.image.PictureFormat;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.sql.catalyst.InternalRow;
import org.apache.spark.sql.catalyst.expressions.GenericInternalRow;
import org.apache.spark.sql.catalyst.util.MapData;
import org.apache.spark.sql.connector.catalog.functions.BoundFunction;
import org.apache.spark.sql.connector.catalog.functions.ScalarFunction;
import org.apache.spark.sql.connector.catalog.functions.UnboundFunction;
import org.apache.spark.sql.types.DataType;
import org.apache.spark.sql.types.DataTypes;
import org.apache.spark.sql.types.IntegralType;
import org.apache.spark.sql.types.MapType;
import org.apache.spark.sql.types.StringType;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.unsafe.types.UTF8String;

/**
 * {@code generate(prompt[, seed[, options]])}: a PNG and what tells of it. A row that cannot be made has an error. It
 * is marked as not deterministic though it is, so that Spark neither runs it twice for one row nor moves it.
 */
final class GenerateFunction implements UnboundFunction {

  private static final long serialVersionUID = 1;

  /** What a call makes. */
  static final StructType RESULT = new StructType().add("picture", DataTypes.BinaryType)
      .add("parameters", DataTypes.StringType).add("sha256", DataTypes.StringType).add("seed", DataTypes.LongType)
      .add("error", DataTypes.StringType);

  private final String model;
  private final int models;

  /** @param model where options name none, or null for the embedded one */
  GenerateFunction(String model, int models) {
    this.model = model;
    this.models = models;
  }

  @Override
  public String name() {
    return "generate";
  }

  @Override
  public String description() {
    return "generate(prompt[, seed[, options]]): the picture of a prompt, a PNG with its parameters";
  }

  @Override
  public BoundFunction bind(StructType arguments) {
    DataType[] types = arguments.fields().length == 0 ? new DataType[0]
        : List.of(arguments.fields()).stream().map(field -> field.dataType()).toArray(DataType[]::new);
    boolean fits = types.length >= 1 && types.length <= 3 && types[0] instanceof StringType
        && (types.length < 2 || types[1] instanceof IntegralType)
        && (types.length < 3 || types[2] instanceof MapType map && map.keyType() instanceof StringType
            && map.valueType() instanceof StringType);
    if (!fits) {
      throw new UnsupportedOperationException("langevin." + description() + "; it is called with "
          + arguments.simpleString() + ", wanted are a text, a whole number, and a map of texts to texts");
    }
    return new Bound(model, models, types.length);
  }

  /** Bound to so many arguments. */
  static final class Bound implements ScalarFunction<InternalRow> {

    private static final long serialVersionUID = 1;

    private final RowMaker maker;
    private final int arguments;
    private transient Configuration configuration;

    Bound(String model, int models, int arguments) {
      this.maker = new RowMaker(List.of(), model, PictureFormat.PNG, null, models);
      this.arguments = arguments;
    }

    @Override
    public DataType[] inputTypes() {
      DataType[] all = {DataTypes.StringType, DataTypes.LongType,
          DataTypes.createMapType(DataTypes.StringType, DataTypes.StringType)};
      return java.util.Arrays.copyOf(all, arguments);
    }

    @Override
    public DataType resultType() {
      return RESULT;
    }

    @Override
    public boolean isDeterministic() {
      return false;
    }

    @Override
    public String name() {
      return "langevin.generate";
    }

    @Override
    public String canonicalName() {
      return "dev.langevin.generate";
    }

    @Override
    public InternalRow produceResult(InternalRow row) {
      Map<String, String> texts = new LinkedHashMap<>();
      if (!row.isNullAt(0)) {
        texts.put("prompt", row.getUTF8String(0).toString());
      }
      if (arguments > 2 && !row.isNullAt(2)) {
        read(row.getMap(2), texts);
      }
      if (arguments > 1 && !row.isNullAt(1)) {
        texts.put("seed", Long.toString(row.getLong(1)));
      }
      return made(texts);
    }

    private static void read(MapData options, Map<String, String> into) {
      for (int i = 0; i < options.numElements(); i++) {
        if (!options.valueArray().isNullAt(i)) {
          into.put(options.keyArray().getUTF8String(i).toString(), options.valueArray().getUTF8String(i).toString());
        }
      }
    }

    private InternalRow made(Map<String, String> texts) {
      try {
        RowMaker.Picture made = make(texts);
        return new GenericInternalRow(new Object[] {made.bytes(), UTF8String.fromString(made.parameters()),
            UTF8String.fromString(Digests.of(made.bytes())), made.seed(), null});
      } catch (BulkException e) {
        throw e;
      } catch (IOException | RuntimeException e) {
        return new GenericInternalRow(
            new Object[] {null, null, null, null, UTF8String.fromString(RowMaker.sentence(e))});
      }
    }

    private RowMaker.Picture make(Map<String, String> texts) throws IOException {
      for (String name : texts.keySet()) {
        if (!name.equals("prompt") && !Asked.OPTIONS.containsKey(name)) {
          throw new IllegalArgumentException("nothing reads the option " + name + "; options are "
              + String.join(", ", Asked.OPTIONS.keySet()));
        }
      }
      String lora = texts.remove("lora");
      if (configuration == null) {
        configuration = org.apache.spark.deploy.SparkHadoopUtil.get().conf();
      }
      return maker.make(new Asked(texts, lora == null ? List.of() : List.of(lora.split(Columns.SEVERAL)), Map.of()),
          configuration);
    }
  }
}
