package dev.langevin.spark;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.image.PictureFile;
import dev.langevin.training.FeatureExtractor;
import dev.langevin.training.data.Picture;
import dev.langevin.training.evaluation.PrecisionRecall;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import org.apache.spark.api.java.function.MapPartitionsFunction;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.Row;
import org.apache.spark.sql.RowFactory;
import org.apache.spark.sql.SparkSession;
import org.apache.spark.sql.types.StructType;
import org.apache.spark.util.SerializableConfiguration;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

@Command(name = "evaluate", header = "Judges many pictures by those that they are to be like.",
    footer = {"langevin bulk evaluate --classifier target/classifier --real photographs --generated out/pictures"},
    mixinStandardHelpOptions = true,
    description = "Frechet distance, precision, recall, density and coverage of two folders of pictures, in the feature"
        + " space of a classifier that langevin train made.")
final class BulkEvaluate implements Callable<Integer> {

  private static FeatureExtractor shared; // of this executor

  private static String sharedFolder;

  @Option(names = "--classifier", required = true, paramLabel = "DIR",
      description = "The folder of a classifier, a path or a URI.")
  private String classifier;

  @Option(names = "--real", required = true, paramLabel = "DIR", description = "Pictures to compare with.")
  private String real;

  @Option(names = "--generated", required = true, paramLabel = "DIR", description = "Pictures to judge.")
  private String generated;

  @Option(names = "--k", paramLabel = "K", defaultValue = "3",
      description = "Neighbour that gives precision and recall their radius (${DEFAULT-VALUE}).")
  private int k;

  @Mixin
  private SessionOptions session = new SessionOptions();

  @Override
  public Integer call() throws Exception {
    try (SparkSession spark = session.open("Langevin bulk evaluate")) {
      Dataset<Row> first = features(files(spark, real), classifier).cache();
      Dataset<Row> second = features(files(spark, generated), classifier).cache();
      System.out.printf(Locale.ROOT, "real pictures      %d%ngenerated pictures %d%n", first.count(), second.count());
      System.out.printf(Locale.ROOT, "Frechet distance   %.6g%n", BulkMeasures.frechet(first, second));
      PrecisionRecall measured = BulkMeasures.precisionRecall(first, second, k);
      System.out.printf(Locale.ROOT, "precision          %.4f%nrecall             %.4f%n", measured.precision(),
          measured.recall());
      System.out.printf(Locale.ROOT, "density            %.4f%ncoverage           %.4f%n", measured.density(),
          measured.coverage());
      return 0;
    }
  }

  private static Dataset<Row> files(SparkSession spark, String folder) {
    return spark.read().format("binaryFile").option("pathGlobFilter", "*.{png,jpg,jpeg,webp}")
        .option("recursiveFileLookup", true).load(folder);
  }

  /**
   * What a classifier says of pictures.
   *
   * @param files as {@code spark.read().format("binaryFile")} reads them
   * @param classifier its folder
   * @return with the column {@link BulkMeasures#FEATURES}
   */
  static Dataset<Row> features(Dataset<Row> files, String classifier) {
    SerializableConfiguration configuration =
        new SerializableConfiguration(files.sparkSession().sparkContext().hadoopConfiguration());
    return files.select("path", "content").mapPartitions((MapPartitionsFunction<Row, Row>) rows -> judged(rows,
        classifier, configuration), Encoders.row(StructType.fromDDL(BulkMeasures.FEATURES + " array<float>")));
  }

  private static Iterator<Row> judged(Iterator<Row> files, String classifier, SerializableConfiguration configuration)
      throws IOException {
    List<dev.langevin.tensor.Tensor> pictures = new ArrayList<>();
    List<Row> rows = new ArrayList<>();
    synchronized (BulkEvaluate.class) { // the executor's tasks take turns
      FeatureExtractor extractor = extractor(classifier, configuration);
      var sample = extractor.data().plain(null).augmentation();
      RemoteFiles remote = RemoteFiles.usual(configuration.value());
      while (files.hasNext()) {
        Row file = files.next();
        try (RowFiles own = new RowFiles(remote)) {
          Picture picture = Picture.of(PictureFile.read(own.of("picture", file.getAs(1))));
          pictures.add(sample.apply(picture, false, 0));
        } catch (IOException | RuntimeException e) {
          throw new BulkException(file.getString(0) + " cannot be judged: " + RowMaker.sentence(e), e);
        }
      }
      if (pictures.isEmpty()) {
        return rows.iterator();
      }
      var judged = extractor.judge(pictures).features();
      for (int row = 0; row < judged.rows(); row++) {
        Float[] vector = new Float[judged.width()];
        for (int j = 0; j < vector.length; j++) {
          vector[j] = judged.values()[row * vector.length + j];
        }
        rows.add(RowFactory.create((Object) vector));
      }
    }
    return rows.iterator();
  }

  private static FeatureExtractor extractor(String classifier, SerializableConfiguration configuration) {
    if (shared == null || !classifier.equals(sharedFolder)) {
      try {
        Path folder = Path.of(RemoteFiles.usual(configuration.value()).local(classifier));
        if (shared != null) {
          shared.close();
        }
        shared = new FeatureExtractor(folder, Backend.open("onednn", BackendOptions.usual()));
        sharedFolder = classifier;
      } catch (IOException | RuntimeException e) {
        throw new BulkException("the classifier cannot be opened: " + RowMaker.sentence(e), e);
      }
    }
    return shared;
  }
}
