package dev.langevin.spark;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.cli.EmbeddedModels;
import dev.langevin.image.PictureFile;
import dev.langevin.training.PictureEncoder;
import dev.langevin.training.data.Augmentation;
import dev.langevin.training.data.Picture;
import java.io.IOException;
import java.io.Serializable;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Iterator;
import java.util.function.Function;
import org.apache.hadoop.conf.Configuration;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;

/**
 * Latents and text states of a folder of pictures, which trainers compute once: a row a picture, of the moments of its
 * latents and the states of its caption, the first line of the text file beside it. A picture that cannot be read is a
 * row with its error.
 */
public final class EncodeJob implements Serializable {

  private static final long serialVersionUID = 1;

  private static final String FLOATS = "array<float>";

  /** Rows that it makes; shapes are (L, H, W) of latents and (tokens, C) of states. */
  public static final StructType SCHEMA = StructType.fromDDL("file string, caption string, width int, height int,"
      + " latent_shape array<int>, mean " + FLOATS + ", log_variance " + FLOATS + ", state_shape array<int>, states "
      + FLOATS + ", pooled " + FLOATS + ", error string");

  private static PictureEncoder shared; // of this executor

  private static String sharedModel;

  private final String model;
  private final int size;
  private final SerializableConfiguration configuration;

  /**
   * @param model a diffusers folder: a local path or a URI of Hadoop's file systems; null for the embedded model
   * @param size side of the square that a picture is brought to: made smaller until it covers it, and cut in the middle
   */
  public EncodeJob(String model, int size, Configuration configuration) {
    if (size < 1) {
      throw new IllegalArgumentException("the size is " + size + " pixels, must be at least 1");
    }
    this.model = model;
    this.size = size;
    this.configuration = new SerializableConfiguration(configuration);
  }

  /**
   * A row of {@link #SCHEMA} for each picture.
   *
   * @param files as {@code spark.read().format("binaryFile")} reads them
   */
  public Dataset<Row> encode(Dataset<Row> files) {
    return files.select("path", "content").mapPartitions((MapPartitionsFunction<Row, Row>) this::rows,
        Encoders.row(SCHEMA));
  }

  private Iterator<Row> rows(Iterator<Row> files) {
    Function<Row, Row> each = file -> row(file.getString(0), file.getAs(1));
    return new Iterator<>() {
      @Override
      public boolean hasNext() {
        return files.hasNext();
      }

      @Override
      public Row next() {
        return each.apply(files.next());
      }
    };
  }

  private Row row(String file, byte[] content) {
    PictureEncoder encoder;
    try {
      encoder = encoder();
    } catch (IOException | RuntimeException e) {
      throw new BulkException("the model cannot be opened: " + RowMaker.sentence(e), e);
    }
    RemoteFiles files = RemoteFiles.usual(configuration.value());
    try (RowFiles own = new RowFiles(files)) {
      Picture picture = Picture.of(PictureFile.read(own.of("picture", content)));
      String caption = caption(file);
      synchronized (EncodeJob.class) { // the executor's tasks take turns
        PictureEncoder.Moments moments = encoder.ofPicture(sample().apply(picture, false, 0));
        PictureEncoder.States states = caption == null ? null : encoder.ofText(caption);
        return RowFactory.create(file, caption, picture.width(), picture.height(), dims(moments.shape()),
            boxed(moments.mean()), boxed(moments.logVariance()), states == null ? null : dims(states.shape()),
            states == null ? null : boxed(states.states()), states == null ? null : boxed(states.pooled()), null);
      }
    } catch (IOException | RuntimeException e) {
      return RowFactory.create(file, null, null, null, null, null, null, null, null, null, RowMaker.sentence(e));
    }
  }

  private Augmentation sample() {
    return Augmentation.of(3, size).fitting(Augmentation.Fit.COVER).on(Augmentation.WHITE);
  }

  private PictureEncoder encoder() throws IOException {
    synchronized (EncodeJob.class) {
      if (shared == null || !String.valueOf(model).equals(sharedModel)) {
        JavaVersion.require(Runtime.version(), "an executor");
        if (shared != null) {
          shared.close();
        }
        shared = null;
        Path folder = model == null ? EmbeddedModels.emoji()
            : Path.of(RemoteFiles.usual(configuration.value()).local(model));
        shared = new PictureEncoder(folder, Backend.open("onednn", BackendOptions.usual()));
        sharedModel = String.valueOf(model);
      }
      return shared;
    }
  }

  /** The first line of the text file beside a picture, as trainers read it, or null. */
  private String caption(String picture) throws IOException {
    String text = picture.replaceFirst("\\.[^./]*$", "") + ".txt";
    org.apache.hadoop.fs.Path path = new org.apache.hadoop.fs.Path(text);
    org.apache.hadoop.fs.FileSystem files = path.getFileSystem(configuration.value());
    if (!files.exists(path)) {
      return null;
    }
    try (var in = files.open(path)) {
      String words = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return (words.startsWith("\ufeff") ? words.substring(1) : words).lines().map(String::strip)
          .filter(line -> !line.isEmpty()).findFirst().orElse(null);
    }
  }

  private static Integer[] dims(dev.langevin.tensor.Shape shape) {
    Integer[] dims = new Integer[shape.rank()];
    for (int i = 0; i < dims.length; i++) {
      dims[i] = shape.intDim(i);
    }
    return dims;
  }

  private static Float[] boxed(float[] values) {
    Float[] boxed = new Float[values.length];
    for (int i = 0; i < values.length; i++) {
      boxed[i] = values[i];
    }
    return boxed;
  }
}
