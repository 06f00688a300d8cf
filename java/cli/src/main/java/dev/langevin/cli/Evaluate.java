package dev.langevin.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.training.DataConfig;
import dev.langevin.training.Evaluation;
import dev.langevin.training.FeatureExtractor;
import dev.langevin.training.evaluation.EvaluationReport;
import dev.langevin.training.evaluation.Retrieval;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.SequencedMap;
import java.util.concurrent.Callable;
import java.util.function.IntConsumer;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "evaluate", header = "Judges a model by pictures that it makes.",
    footer = {"langevin evaluate target/fashion-mnist --classifier target/classifier",
        "langevin evaluate --classifier target/classifier --split test"},
    mixinStandardHelpOptions = true,
    description = "Judges a model by pictures that it makes, in the feature space of a classifier that langevin train"
        + " made: Frechet distance,"
        + " precision and recall, accuracy of classes or captions, copies of the data. Without a model, the classifier"
        + " itself.")
final class Evaluate implements Callable<Integer> {

  @Parameters(arity = "0..1", paramLabel = "MODEL", description = "A diffusers folder.")
  private Path model;

  @Option(names = "--classifier", required = true, paramLabel = "DIR", description = "The folder of a classifier.")
  private Path classifier;

  @Option(names = "--data", paramLabel = "PATH",
      description = "The data; without it those that the classifier was trained on.")
  private Path data;

  @Option(names = "--split", paramLabel = "NAME",
      description = "Part of the data: train, test or validation; without it train, and test for the"
          + " classifier itself.")
  private String split;

  @Option(names = "--count", paramLabel = "N", defaultValue = "1000",
      description = "Pictures to make (${DEFAULT-VALUE}).")
  private int count;

  @Option(names = "--real", paramLabel = "N", defaultValue = "10000",
      description = "Most pictures of the data to compare with (${DEFAULT-VALUE}).")
  private int real;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "50",
      description = "Steps of the sampler (${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--sampler", paramLabel = "NAME",
      description = "Sampler, as of langevin generate; without it the model's own.")
  private String sampler;

  @Option(names = "--guidance", paramLabel = "X", description = "Classifier-free guidance (none).")
  private Double guidance;

  @Option(names = "--balanced", description = "Take captions of all classes alike; without it as the data have them.")
  private boolean balanced;

  @Option(names = "--stages",
      description = "Of unCLIP: for captions the share whose class its own CLIP finds in what each stage gives, in the"
          + " place of all else.")
  private boolean stages;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
      description = "Seed of the random numbers (${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backendName;

  @Override
  public Integer call() throws IOException {
    if (count < 10 || real < 10 || steps < 1) {
      throw new IllegalArgumentException(
          "--count is " + count + ", --real " + real + ", --steps " + steps + "; must be at least 10, 10 and 1");
    }
    if (stages && model == null) {
      throw new IllegalArgumentException("--stages judges a model of unCLIP, and there is no MODEL; name its folder");
    }
    try (Backend backend = Backend.open(backendName, BackendOptions.usual());
        FeatureExtractor features = new FeatureExtractor(classifier, backend)) {
      DataConfig config = features.data().plain(split != null || model != null ? split : "test");
      Evaluation evaluation = new Evaluation(features, data == null ? config : config.at(data), backend);
      if (model == null) {
        double accuracy = evaluation.classifierAccuracy(real).accuracy();
        System.out.printf(Locale.ROOT, "classifier accuracy %.4f%n", accuracy);
        Output.result("classifierAccuracy", accuracy);
        return 0;
      }
      Evaluation.Settings settings = new Evaluation.Settings(count, real, steps, sampler, guidance, seed, balanced);
      if (stages) {
        tellStages(evaluation, settings);
        return 0;
      }
      EvaluationReport report;
      try (Progress bar = Progress.of("judging", "pictures", 0, count)) {
        IntConsumer progress = bar::stepTo;
        report = Files.isDirectory(model.resolve("text_encoder"))
            ? evaluation.ofCaptions(model, settings, progress) : evaluation.ofClasses(model, settings, progress);
      }
      Output.seed(seed);
      Output.results(new ObjectMapper().readValue(report.toJson(), new TypeReference<Map<String, Object>>() {}));
      System.out.println(report);
    }
    return 0;
  }

  private void tellStages(Evaluation evaluation, Evaluation.Settings settings) {
    SequencedMap<String, Retrieval> found;
    try (Progress bar = Progress.of("judging", "pictures", 0, 2 * count)) {
      found = evaluation.ofStages(model, settings, bar::stepTo);
    }
    Output.seed(seed);
    System.out.printf("%-55s %-9s %s%n", "class found in", "by means", "by the nearest caption");
    found.forEach((stage, retrieved) -> {
      double byMean = retrieved.byMean().accuracy();
      double byCaption = retrieved.byCaption().accuracy();
      System.out.printf(Locale.ROOT, "%-55s %-9.4f %.4f%n", stage, byMean, byCaption);
      Output.result(stage, Map.of("byMean", byMean, "byCaption", byCaption));
    });
  }
}
