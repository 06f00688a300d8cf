package dev.langevin.training;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.PropertyNamingStrategies;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.graph.LossFunction;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.text.Printable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/**
 * A run as its file states it, in YAML. Keys that are not known are refused. Paths count from the file's folder.
 *
 * @param output folder of checkpoints, samples, log and model
 * @param seed of weights, batches and noise
 * @param init a model folder to begin with, or null for new weights
 * @param memory most bytes of activations, null for no limit; what does not fit is computed twice
 * @param log csv, or tensorboard for event files too; null for csv
 * @param instancePrompt caption of pictures that have none, null for none
 * @param priorPreservation null for none
 * @param textualInversion of a run that learns a token
 * @param written the file's keys, as {@link Settings} names them, and their values
 */
public record TrainingConfig(Kind task, Path output, long seed, DataConfig data, Model model, Path init, Loss objective,
    Steps steps,
    Samples samples, Long memory, String log, String instancePrompt, PriorPreservation priorPreservation,
    TextualInversionSettings textualInversion, Map<String, String> written) {

  /** What is trained. */
  public enum Kind {
    /** A U-Net on pictures, unconditional or by class. */
    pixels,
    /** A U-Net with a text encoder on the latents of a trained autoencoder. */
    latents,
    /** Low-rank updates of a Stable Diffusion model, {@code init}, whose networks stay as they are. */
    lora,
    /** Embeddings of a new word of a Stable Diffusion model, {@code init}, which stays as it is. */
    textual_inversion,
    /** An autoencoder. */
    autoencoder,
    /** CLIP: encoders of texts and of pictures whose embeddings of one thing lie close to each other. */
    clip,
    /** The prior of unCLIP, from a text to the image embedding of a trained CLIP. */
    prior,
    /** The decoder of unCLIP, from an image embedding and a text to a small picture. */
    decoder,
    /** A network of unCLIP that enlarges pictures. */
    super_resolution,
    /** A classifier, in whose features models are judged. */
    classifier
  }

  /**
   * Networks by their configurations, as in a diffusers folder.
   *
   * @param vae an autoencoder's configuration, or the folder of a trained one
   * @param tokenizer folder of vocab.json and merges.txt
   * @param lora of a lora run; the networks are those of {@code init}
   * @param imageEncoder of a clip run
   * @param parts folder of an unCLIP model whose parts the new model takes over; a prior and a decoder read its CLIP
   * @param prior of a prior run
   * @param textProj of a decoder run
   * @param last whether the network that enlarges is the one of the sampler's last step, which sees little noise
   * @param smallSize side of the pictures that it enlarges
   * @param trainTextEncoder whether the text encoder learns too; it stays as {@code init} has it otherwise
   * @param grow whether weights that {@code init} lacks are new ones, see {@link GrownWeights}
   */
  public record Model(Map<String, Object> unet, Map<String, Object> scheduler, Map<String, Object> vae, Path vaeFolder,
      Map<String, Object> textEncoder, Path tokenizer, boolean trainTextEncoder, Map<String, Object> classifier,
      LowRank lora,
      Map<String, Object> imageEncoder, Path parts, Map<String, Object> prior, Map<String, Object> textProj,
      boolean last,
      Integer smallSize, boolean grow) {

    /** Of a run whose networks are those of {@code init}. */
    static final Model NONE =
        new Model(null, null, null, null, null, null, false, null, null, null, null, null, null, false, null, false);

    /** The same with other configurations of the networks of a pixels or an autoencoder run. */
    Model with(Map<String, Object> otherUnet, Map<String, Object> otherScheduler, Map<String, Object> otherVae) {
      return new Model(otherUnet, otherScheduler, otherVae, vaeFolder, textEncoder, tokenizer, trainTextEncoder,
          classifier, lora, imageEncoder, parts, prior, textProj, last, smallSize, grow);
    }

    private Model from(Path folder) {
      return new Model(unet, scheduler, vae, resolve(folder, vaeFolder), textEncoder, resolve(folder, tokenizer),
          trainTextEncoder, classifier,
          lora, imageEncoder, resolve(folder, parts), prior, textProj, last, smallSize, grow);
    }
  }

  /**
   * How predictions are judged, and what is done to samples before.
   *
   * @param loss mse, l1 or huber
   * @param snrGamma see {@link Objective}
   * @param offsetNoise deviation of a normal that is added to all pixels of a channel alike (crosslabs.org, "Diffusion
   *   with offset noise")
   * @param conditionDropout share of samples that are shown no caption or class, for guidance (arXiv:2207.12598)
   * @param varianceFactor see {@link Objective}; asked for where the scheduler's variance_type is learned_range
   * @param divergenceFactor of an autoencoder, see {@link LossGraph#autoencoder}
   * @param textDropout share of a decoder's samples that are shown an image embedding and no text (arXiv:2204.06125,
   *   section 2.1)
   * @param corruption most deviation of the normals that are added to the small picture which is to be enlarged
   */
  public record Loss(String loss, Double huberDelta, Double snrGamma, double offsetNoise, double conditionDropout,
      Double varianceFactor,
      Double divergenceFactor, double textDropout, double corruption) {

    /** The squared error, and nothing else. */
    static final Loss SQUARED = new Loss(null, null, null, 0, 0, null, null, 0, 0);

    /** The distance that {@link #loss} names. */
    public LossFunction function() {
      return switch (loss == null ? "mse" : loss) {
        case "mse" -> new LossFunction.SquaredError();
        case "l1" -> new LossFunction.AbsoluteError();
        case "huber" -> new LossFunction.Huber(huberDelta == null ? 1 : huberDelta);
        default -> throw new TrainingException("objective.loss is " + loss + ", must be mse, l1 or huber");
      };
    }
  }

  /**
   * How long a run goes, how it learns, and what it keeps.
   *
   * @param accumulate batches for one step
   * @param floor what is left of the learning rate at the end of a cosine, as a part; null keeps it at its peak
   * @param emaDecay of the average that is saved as the model; null saves the weights themselves
   * @param checkpointEvery steps between checkpoints
   */
  public record Steps(int batchSize, Integer accumulate, long count, double learningRate, long warmup, Double floor,
      Double beta1,
      Double beta2, Double epsilon, Double weightDecay, Double clipGradNorm, Double emaDecay, Long checkpointEvery,
      Integer keep) {

    /**
     * Checks the counts.
     *
     * @throws IllegalArgumentException if a number is below 1
     */
    public Steps {
      if (batchSize < 1 || count < 1 || accumulate != null && accumulate < 1
          || checkpointEvery != null && checkpointEvery < 1
          || keep != null && keep < 1) {
        throw new IllegalArgumentException(
            "steps: batch_size is " + batchSize + ", count " + count + ", accumulate " + accumulate
                + ", checkpoint_every " + checkpointEvery + ", keep " + keep + "; each must be at least 1");
      }
    }

    /** The optimiser that these make. */
    Optimiser optimiser() {
      LearningRate rate = floor == null ? new LearningRate(learningRate, warmup, 0, 0)
          : new LearningRate(learningRate, warmup, count, floor);
      return new Optimiser(rate, or(beta1, 0.9), or(beta2, 0.999), or(epsilon, 1e-8), or(weightDecay, 0.01),
          clipGradNorm,
          emaDecay == null ? null : MovingAverage.of(emaDecay));
    }

    int batches() {
      return accumulate == null ? 1 : accumulate;
    }

    long every() {
      return checkpointEvery == null ? 500 : checkpointEvery;
    }

    private static double or(Double value, double otherwise) {
      return value == null ? otherwise : value;
    }
  }

  /**
   * A grid of samples during the run.
   *
   * @param every steps between grids
   * @param count of pictures
   * @param prompts of a text-conditional model, used in turn
   * @param steps of the sampler
   */
  public record Samples(long every, int count, java.util.List<String> prompts, Integer steps, Double guidance,
      String sampler) {}

  private static final Findings USUAL = new Findings(Policy.USUAL, warning -> {});

  private static final ObjectMapper MAPPER =
      JsonMapper.builder().propertyNamingStrategy(PropertyNamingStrategies.SNAKE_CASE).build();

  /** Absent parts get their usual values. */
  public TrainingConfig {
    objective = objective == null ? Loss.SQUARED : objective;
    model = model == null ? Model.NONE : model;
  }

  /**
   * Reads a file.
   *
   * @throws TrainingException naming the file, the line and the key at fault
   */
  public static TrainingConfig read(Path file) {
    return read(file, USUAL);
  }

  /**
   * Reads a file.
   *
   * @param findings told of keys that nobody reads, which are left out where the policy is lenient
   * @throws TrainingException naming the file, the line and the key at fault
   */
  public static TrainingConfig read(Path file, Findings findings) {
    return read(file, findings, UnaryOperator.identity());
  }

  /**
   * Reads a file whose {@code init} may be a name that is no path, such as {@code hf:OWNER/NAME}.
   *
   * @param findings told of keys that nobody reads, which are left out where the policy is lenient
   * @param models of what is written as {@code init} the path that is meant, or a path itself
   * @throws TrainingException naming the file, the line and the key at fault
   */
  public static TrainingConfig read(Path file, Findings findings, UnaryOperator<String> models) {
    try {
      return parse(Files.readString(file), file, findings, models);
    } catch (IOException e) {
      throw new TrainingException(file + ": cannot be read: " + e, e);
    }
  }

  /** @param file from whose folder paths count */
  static TrainingConfig parse(String text, Path file) {
    return parse(text, file, USUAL, UnaryOperator.identity());
  }

  private static TrainingConfig parse(String text, Path file, Findings findings, UnaryOperator<String> models) {
    try {
      ObjectNode settings = SettingsReader.read(text, file, findings);
      if (settings == null) {
        throw new TrainingException(file + " is empty; it must say task, output, data, model and steps");
      }
      Map<String, String> written = new TreeMap<>();
      flatten("", settings, written);
      if (settings.path("init").isTextual()) {
        settings.put("init", models.apply(settings.get("init").asText()));
      }
      return MAPPER.treeToValue(settings, TrainingConfig.class).from(file.toAbsolutePath().getParent(), written);
    } catch (JsonProcessingException e) {
      String at = e.getLocation() == null || e.getLocation().getLineNr() < 1 ? ""
          : ", line " + e.getLocation().getLineNr();
      throw new TrainingException(file + at + ": " + Printable.of(e.getOriginalMessage()), e); // of several lines
    } catch (IOException e) {
      throw new TrainingException(file + ": cannot be read: " + e, e);
    }
  }

  private static void flatten(String path, JsonNode value, Map<String, String> written) {
    if (!value.isObject()) {
      if (!value.isNull()) {
        written.put(path, value.asText().isEmpty() ? value.toString() : value.asText());
      }
      return;
    }
    value.forEachEntry((key, inner) -> flatten(path.isEmpty() ? key : path + "." + key, inner, written));
  }

  private TrainingConfig from(Path folder, Map<String, String> keys) {
    return new TrainingConfig(task, resolve(folder, output), seed, data.from(folder), model.from(folder),
        resolve(folder, init), objective, steps, samples, memory, log, instancePrompt,
        priorPreservation == null ? null : priorPreservation.from(folder), textualInversion, keys);
  }

  /** The same with other networks. */
  TrainingConfig with(Model other) {
    return new TrainingConfig(task, output, seed, data, other, init, objective, steps, samples, memory, log,
        instancePrompt, priorPreservation, textualInversion, written);
  }

  static Path resolve(Path folder, Path path) {
    return path == null ? null : folder.resolve(path).normalize();
  }
}
