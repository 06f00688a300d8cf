package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.image.Images;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Tensor;
import dev.langevin.training.data.Augmentation;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.Example;
import dev.langevin.training.evaluation.ConditionalAccuracy;
import dev.langevin.training.evaluation.EvaluationReport;
import dev.langevin.training.evaluation.Memorisation;
import dev.langevin.training.evaluation.NearestNeighbours;
import dev.langevin.training.evaluation.Retrieval;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SequencedMap;
import java.util.TreeMap;
import java.util.function.IntConsumer;

/**
 * Judges a model by pictures that it makes, in the features of a classifier: distance from the data, precision and
 * recall, whether a picture shows what was asked for, and whether it is a copy.
 */
public final class Evaluation {

  private static final int BATCH = 50;
  private static final int NEIGHBOURS = 3;
  private static final int OWN_NEIGHBOURS = 5;
  private static final double USUAL_GUIDANCE = 4;
  private static final int ENLARGING_STEPS = 7;

  /**
   * What is made.
   *
   * @param count pictures
   * @param real most pictures of the data that they are compared with
   * @param steps of the sampler
   * @param sampler by its name, or null for the model's
   * @param guidance null for none, or the model's usual one with a text
   * @param balanced whether captions are taken of all classes alike, or as the data have them
   */
  public record Settings(int count, int real, int steps, String sampler, Double guidance, long seed,
      boolean balanced) {}

  private final FeatureExtractor classifier;
  private final Dataset dataset;
  private final Augmentation plain;
  private final Backend backend;

  /**
   * Opens the data that a model's pictures are compared with; the classifier stays the caller's.
   *
   * @param data what the classifier was trained on, or another place with the like
   */
  public Evaluation(FeatureExtractor classifier, DataConfig data, Backend backend) {
    this.classifier = classifier;
    this.backend = backend;
    dataset = data.open();
    plain = data.augmentation();
  }

  /** Share of the data's pictures whose class the classifier tells. */
  public ConditionalAccuracy classifierAccuracy(int most) {
    int[] chosen = spread(most);
    FeatureExtractor.Judged judged = classifier.judge(pictures(chosen));
    return ConditionalAccuracy.of(judged.logits(), labels(chosen));
  }

  /**
   * The pictures of the data's classes in turn, or of none in particular where the model takes no class.
   *
   * @param progress told after each batch how many pictures are made
   */
  public EvaluationReport ofClasses(Path model, Settings settings, IntConsumer progress) {
    int classes = dataset.classes();
    List<Tensor> made = new ArrayList<>();
    int[] wanted = new int[settings.count()];
    try (Pipeline diffusion = open(model)) {
      boolean conditional = diffusion.facts().needsClass();
      TorchGenerator noise = new TorchGenerator(settings.seed());
      while (made.size() < settings.count()) {
        int batch = Math.min(BATCH, settings.count() - made.size());
        long[] labels = conditional ? new long[batch] : null;
        for (int n = 0; n < batch; n++) {
          wanted[made.size() + n] = (made.size() + n) % classes;
          if (conditional) {
            labels[n] = wanted[made.size() + n];
          }
        }
        GenerationRequest request =
            GenerationRequest.unconditional().count(batch).labels(labels).steps(settings.steps())
                .sampler(settings.sampler()).guidance(settings.guidance()).build();
        Generation pictures = diffusion.generate(request, noise, GenerationListener.NONE, new CancellationToken());
        for (int n = 0; n < batch; n++) {
          made.add(signed(pictures.pictures().row(n)));
        }
        progress.accept(made.size());
      }
      return report(made, conditional ? wanted : null, null, settings);
    }
  }

  /**
   * The pictures of captions of the data; the class of each caption's picture is what is asked for. Where all pictures
   * of the data are compared with, the report has the share whose own picture is among the five nearest, too.
   */
  public EvaluationReport ofCaptions(Path model, Settings settings, IntConsumer progress) {
    int[] chosen = chosen(settings);
    List<String> captions = captions(chosen);
    List<Tensor> made = new ArrayList<>();
    try (Pipeline diffusion = open(model)) {
      Optional<Embeddings> embeddings = diffusion.ability(Embeddings.class);
      if (embeddings.isPresent()) {
        made = ofUnClip(diffusion, captions, null, settings, progress);
        Retrieval retrieved = new ClipRetrieval(embeddings.get(), dataset).of(made, labels(chosen));
        return report(made, labels(chosen), chosen, settings)
            .with("share whose class its CLIP retrieves", retrieved.byMean().accuracy())
            .with("share whose class its CLIP's nearest caption has", retrieved.byCaption().accuracy());
      }
      for (String caption : captions) {
        GenerationRequest.Builder request = GenerationRequest.prompt(caption)
            .size(plain.width(), plain.height()).steps(settings.steps()).seed(settings.seed() + made.size())
            .guidance(settings.guidance());
        if (settings.sampler() != null) {
          request.sampler(settings.sampler());
        }
        made.add(Images.toSignedUnit(diffusion.generate(request.build()).image(0)));
        progress.accept(made.size());
      }
    }
    return report(made, labels(chosen), chosen, settings);
  }

  /**
   * Where unCLIP loses what was asked for: for captions of the data the share whose class the model's own CLIP finds in
   * what each stage gives, by the stage's name, in the order of the stages.
   *
   * @param progress told of each picture that was made, of twice as many as are asked for
   * @throws TrainingException if the model is none of unCLIP with a prior and an encoder of pictures
   */
  public SequencedMap<String, Retrieval> ofStages(Path model, Settings settings, IntConsumer progress) {
    int[] chosen = chosen(settings);
    int[] wanted = labels(chosen);
    List<String> captions = captions(chosen);
    SequencedMap<String, Retrieval> stages = new LinkedHashMap<>();
    try (Pipeline diffusion = open(model)) {
      Embeddings embeddings = diffusion.ability(Embeddings.class).filter(Embeddings::hasPrior)
          .filter(Embeddings::readsPictures).orElseThrow(() -> new TrainingException(model
              + ": is no unCLIP with a prior and an encoder of pictures, and has no such stages; name one that"
              + " docs/training/emoji-unclip.sh makes"));
      ClipRetrieval clip = new ClipRetrieval(embeddings, dataset);
      Tensor real = clip.embeddings(pictures(chosen));
      stages.put("the caption itself", clip.of(embeddings.ofTexts(captions), wanted));
      stages.put("the real picture", clip.of(real, wanted));
      GenerationRequest prior = unClipRequest(captions, settings).build();
      stages.put("the prior's embedding", clip.of(embeddings.ofPrior(prior, new TorchGenerator(settings.seed()),
          GenerationListener.NONE, new CancellationToken()), wanted));
      stages.put("the decoder's picture of the real picture's embedding",
          clip.of(ofUnClip(diffusion, captions, real, settings, progress), wanted));
      stages.put("the decoder's picture of the prior's embedding", clip.of(
          ofUnClip(diffusion, captions, null, settings, made -> progress.accept(captions.size() + made)), wanted));
    }
    return stages;
  }

  /** @param given embeddings in the place of the prior's (N, E), or null */
  private static List<Tensor> ofUnClip(Pipeline unClip, List<String> captions, Tensor given, Settings settings,
      IntConsumer progress) {
    List<Tensor> made = new ArrayList<>();
    TorchGenerator noise = new TorchGenerator(settings.seed());
    while (made.size() < captions.size()) {
      List<String> some = captions.subList(made.size(), Math.min(made.size() + BATCH, captions.size()));
      GenerationRequest.Builder request = unClipRequest(some, settings);
      if (given != null) {
        request.imageEmbeddings(rows(given, made.size(), some.size()));
      }
      Generation pictures =
          unClip.generate(request.build(), noise, GenerationListener.NONE, new CancellationToken());
      for (int n = 0; n < some.size(); n++) {
        made.add(Images.toSignedUnit(pictures.image(n)));
      }
      progress.accept(made.size());
    }
    return made;
  }

  private static GenerationRequest.Builder unClipRequest(List<String> captions, Settings settings) {
    double guidance = settings.guidance() == null ? USUAL_GUIDANCE : settings.guidance();
    return GenerationRequest.unconditional().prompts(captions).steps(settings.steps()).enlargingSteps(ENLARGING_STEPS)
        .guidance(guidance).prior(settings.steps(), guidance);
  }

  private static Tensor rows(Tensor all, int from, int count) {
    int width = all.shape().intDim(1);
    return Tensor.ofFloats(Arrays.copyOfRange(all.toFloats(), from * width, (from + count) * width), count, width);
  }

  private int[] chosen(Settings settings) {
    return settings.balanced() ? alike(settings.count()) : spread(settings.count());
  }

  private List<String> captions(int[] chosen) {
    List<String> captions = new ArrayList<>();
    for (int index : chosen) {
      captions.add(dataset.annotation(index).captions().getFirst());
    }
    return captions;
  }

  private Pipeline open(Path model) {
    return Pipelines.open(model, LoadOptions.builder().backend(backend.name()).build());
  }

  /** [0, 1] to [-1, 1]. */
  private static Tensor signed(Tensor unit) {
    float[] values = unit.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = 2 * values[i] - 1;
    }
    return Tensor.ofFloats(values, unit.shape().dims());
  }

  /**
   * @param wanted classes, or null
   * @param own places in the data of the pictures whose captions these were, or null
   */
  private EvaluationReport report(List<Tensor> made, int[] wanted, int[] own, Settings settings) {
    int[] chosen = spread(settings.real());
    FeatureExtractor.Judged real = classifier.judge(pictures(chosen));
    FeatureExtractor.Judged generated = classifier.judge(made);
    EvaluationReport report = EvaluationReport.of(real.features(), generated.features(), NEIGHBOURS)
        .with(Memorisation.of(generated.features(), real.features()))
        .with("steps", settings.steps()).with("seed", settings.seed());
    if (settings.sampler() != null) {
      report = report.with("sampler", settings.sampler());
    }
    if (settings.guidance() != null) {
      report = report.with("guidance", settings.guidance());
    }
    if (wanted == null) {
      return report;
    }
    NearestNeighbours nearest = NearestNeighbours.of(generated.features(), real.features(),
        Math.min(OWN_NEIGHBOURS, chosen.length));
    int[] labels = labels(chosen);
    int right = 0;
    SequencedMap<String, int[]> ofClasses = new TreeMap<>();
    for (int n = 0; n < wanted.length; n++) {
      int found = labels[nearest.index(n, 0)] == wanted[n] ? 1 : 0;
      right += found;
      int[] counts = ofClasses.computeIfAbsent(className(wanted[n]), name -> new int[2]);
      counts[0] += found;
      counts[1]++;
    }
    report = report.with(ConditionalAccuracy.of(generated.logits(), wanted))
        .with("nearest neighbour has the class asked for", (double) right / wanted.length);
    for (Map.Entry<String, int[]> counts : ofClasses.entrySet()) {
      report = report.with("- of " + counts.getKey(), counts.getValue()[0] + " of " + counts.getValue()[1]);
    }
    return own == null || chosen.length < dataset.size() ? report
        : report.with("own picture is among the " + nearest.k() + " nearest", nearest.shareWith(own));
  }

  private String className(int label) {
    return classifier.classNames().isEmpty() ? "class " + label : classifier.classNames().get(label);
  }

  /** Places of the dataset, evenly spread, at most so many. */
  private int[] spread(int most) {
    int count = Math.min(most, dataset.size());
    int[] chosen = new int[count];
    for (int i = 0; i < count; i++) {
      chosen[i] = (int) ((long) i * dataset.size() / count);
    }
    return chosen;
  }

  /** Places of the dataset, of each class in turn, each class's evenly spread. */
  private int[] alike(int count) {
    List<List<Integer>> places = new ArrayList<>();
    for (int label = 0; label < dataset.classes(); label++) {
      places.add(new ArrayList<>());
    }
    for (int i = 0; i < dataset.size(); i++) {
      places.get(dataset.annotation(i).label()).add(i);
    }
    places.removeIf(List::isEmpty);
    int each = (count + places.size() - 1) / places.size();
    int[] chosen = new int[count];
    for (int i = 0; i < count; i++) {
      List<Integer> ofClass = places.get(i % places.size());
      chosen[i] = ofClass.get((int) ((long) (i / places.size()) * ofClass.size() / each));
    }
    return chosen;
  }

  private int[] labels(int[] chosen) {
    int[] labels = new int[chosen.length];
    for (int i = 0; i < chosen.length; i++) {
      labels[i] = dataset.annotation(chosen[i]).label();
    }
    return labels;
  }

  private List<Tensor> pictures(int[] chosen) {
    List<Tensor> pictures = new ArrayList<>();
    for (int index : chosen) {
      Example example = dataset.example(index);
      pictures.add(plain.apply(example.picture(), false, 0));
    }
    return pictures;
  }
}
