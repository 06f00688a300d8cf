package dev.langevin.request;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.plan.WeightCache;
import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.function.Consumer;

/**
 * How a model is loaded. Immutable; made by {@link #usual} and a {@link Builder}.
 *
 * @param backend {@code onednn}, {@code cuda}, {@code cuda:N} or {@code reference}
 * @param precision of the network that walks the chain and of those that control it, or null for the backend's usual
 *   one, {@link Backend#usualPrecision}. The others compute in f32, but for the autoencoder in {@code tf32} and
 *   {@code f16}: in {@code f16} it computes in bf16 where f16 has no room for its values, as that of SD XL
 * @param maxBytes most memory that a request may take, see {@link RequestPlan#peakBytes}; one that takes more is
 *   refused before it starts
 * @param controlNets folders of control networks, in the order of a request's control pictures
 * @param loras low-rank updates that are merged into the weights
 * @param keptUpdates sets of updates, beside the model as it was loaded, whose weights are kept for later requests with
 *   the same {@link GenerationRequest#loras}; the least recently used goes first, and sooner where memory is short
 * @param comfyUpdates whether updates are merged as ComfyUI does where it differs from the others: lengths of DoRA
 *   along the outputs
 * @param embeddings learned tokens
 * @param ipAdapter file of a picture as a prompt, or null
 * @param imageEncoder folder of the CLIP picture encoder that goes with it, or null for the model's own
 * @param tokenizer folder of a {@code vocab.json} and {@code merges.txt} for a single file, which holds none, or null
 *   for CLIP's; without meaning for a diffusers folder
 * @param originalConfig the YAML file of a single file in the original naming, or null for the one beside it, if any
 * @param autoencoder folder of an autoencoder, or file of one with the original code's names, that stands in for the
 *   model's own or for one that it lacks; or null
 * @param scheduler folder of a sampler's configuration that stands in for the model's own, or null
 * @param upscaler file of the network that enlarges what a first pass made, see {@link HiresFix}, or null
 * @param allowNan whether weights that are NaN or infinite are warned of instead of refused; a picture that they reach
 *   is refused all the same
 * @param weightCache where weights as they are computed from are kept for the next start, or null for none; those that
 *   updates or learned tokens are merged into are not kept
 * @param maxQueued most requests that may run or wait at a time; one more is rejected
 * @param policy what is done with what files hold and the engine cannot honour
 * @param warnings told of what is odd but no error
 */
public record LoadOptions(
    String backend,
    Precision precision,
    long maxBytes,
    List<Path> controlNets,
    List<Lora> loras,
    int keptUpdates,
    boolean comfyUpdates,
    List<Embedding> embeddings,
    Path ipAdapter,
    Path imageEncoder,
    Path tokenizer,
    Path originalConfig,
    Path autoencoder,
    Path scheduler,
    Path upscaler,
    boolean allowNan,
    WeightCache weightCache,
    int maxQueued,
    Policy policy,
    Consumer<String> warnings) {

  /**
   * A file or folder of low-rank updates (arXiv:2106.09685) and their kin.
   *
   * @param weight the strength that the U-Net's are merged with
   * @param textWeight the strength of the text encoders'
   */
  public record Lora(Path file, double weight, double textWeight) {
    /**
     * Checks both strengths.
     *
     * @throws IllegalArgumentException if a strength is not finite
     */
    public Lora {
      for (double each : new double[] {weight, textWeight}) {
        if (!Double.isFinite(each)) {
          throw new IllegalArgumentException(file + ": the weight of its updates is " + each + ", must be finite");
        }
      }
    }

    /** One strength for all. */
    public Lora(Path file, double weight) {
      this(file, weight, weight);
    }
  }

  /** A learned token's file (arXiv:2208.01618), and the token, or null for the one that the file or its name says. */
  public record Embedding(Path file, String token) {}

  /**
   * Copies the lists and checks the numbers.
   *
   * @throws IllegalArgumentException if a number is out of its range
   */
  public LoadOptions {
    Objects.requireNonNull(backend, "backend");
    precision = precision == null ? Backend.usualPrecision(backend) : precision;
    Objects.requireNonNull(policy, "policy");
    Objects.requireNonNull(warnings, "warnings");
    if (maxBytes < 1 || maxQueued < 1) {
      throw new IllegalArgumentException(
          "maxBytes is " + maxBytes + ", maxQueued " + maxQueued + "; both must be at least 1");
    }
    if (keptUpdates < 0) {
      throw new IllegalArgumentException("keptUpdates is " + keptUpdates + ", must be at least 0");
    }
    controlNets = List.copyOf(controlNets);
    loras = List.copyOf(loras);
    embeddings = List.copyOf(embeddings);
  }

  /** Where the loading of one model tells of what it cannot honour. */
  public Findings findings() {
    return new Findings(policy, warnings);
  }

  /** oneDNN, no limit, nothing beside the model, nothing kept on disk. */
  public static LoadOptions usual() {
    return new Builder().build();
  }

  /** Usual values, to change some of them. */
  public static Builder builder() {
    return new Builder();
  }

  /** Collects what is not as usual. */
  public static final class Builder {

    private String backend = "onednn";
    private Precision precision; // null for the usual one
    private long maxBytes = Long.MAX_VALUE;
    private final List<Path> controlNets = new ArrayList<>();
    private final List<Lora> loras = new ArrayList<>();
    private int keptUpdates = 4;
    private boolean comfyUpdates;
    private final List<Embedding> embeddings = new ArrayList<>();
    private Path ipAdapter;
    private Path imageEncoder;
    private Path tokenizer;
    private Path originalConfig;
    private Path autoencoder;
    private Path scheduler;
    private Path upscaler;
    private boolean allowNan;
    private WeightCache weightCache;
    private int maxQueued = 1024;
    private Policy policy = Policy.USUAL;
    private Consumer<String> warnings = warning -> {};

    private Builder() {}

    /** Who computes: {@code onednn}, {@code cuda}, {@code cuda:N}, {@code reference}, or one of the program's own. */
    public Builder backend(String name) {
      this.backend = name;
      return this;
    }

    /** As {@link LoadOptions#precision}; null for the backend's usual one. */
    public Builder precision(Precision precision) {
      this.precision = precision;
      return this;
    }

    /** Most memory that a request may take, at least 1. */
    public Builder maxBytes(long bytes) {
      this.maxBytes = bytes;
      return this;
    }

    /** One more control network, by its folder. */
    public Builder controlNet(Path folder) {
      controlNets.add(folder);
      return this;
    }

    /** One more file or folder of low-rank updates, of one strength for all. */
    public Builder lora(Path file, double weight) {
      return lora(file, weight, weight);
    }

    /**
     * One more file or folder of low-rank updates.
     *
     * @param weight the strength of the U-Net's updates
     * @param textWeight the strength of the text encoders' updates
     */
    public Builder lora(Path file, double weight, double textWeight) {
      loras.add(new Lora(file, weight, textWeight));
      return this;
    }

    /** How many sets of updates are kept beside the model as it was loaded, at least 0. */
    public Builder keptUpdates(int sets) {
      this.keptUpdates = sets;
      return this;
    }

    /** Whether updates are merged as ComfyUI does where it differs. */
    public Builder comfyUpdates(boolean asComfy) {
      this.comfyUpdates = asComfy;
      return this;
    }

    /** Folder of a tokenizer for a single file, which holds none. */
    public Builder tokenizer(Path folder) {
      this.tokenizer = folder;
      return this;
    }

    /** The YAML file of a single file in the original naming. */
    public Builder originalConfig(Path file) {
      this.originalConfig = file;
      return this;
    }

    /** One more learned token; a null token is the one that the file or its name says. */
    public Builder embedding(Path file, String token) {
      embeddings.add(new Embedding(file, token));
      return this;
    }

    /**
     * File of a picture as a prompt (IP-Adapter), with the encoder of the picture.
     *
     * @param imageEncoder folder, or null for the model's own
     */
    public Builder ipAdapter(Path file, Path imageEncoder) {
      this.ipAdapter = file;
      this.imageEncoder = imageEncoder;
      return this;
    }

    /** Folder of an autoencoder, or file of one with the original code's names, that stands in for the model's own. */
    public Builder autoencoder(Path place) {
      this.autoencoder = place;
      return this;
    }

    /** Folder of a sampler's configuration that stands in for the model's own. */
    public Builder scheduler(Path folder) {
      this.scheduler = folder;
      return this;
    }

    /** File of the network that enlarges what a first pass made. */
    public Builder upscaler(Path file) {
      this.upscaler = file;
      return this;
    }

    /** Whether weights that are NaN or infinite are warned of instead of refused. */
    public Builder allowNan(boolean allowed) {
      this.allowNan = allowed;
      return this;
    }

    /** Where packed weights are kept for the next start, or null for none. */
    public Builder weightCache(WeightCache cache) {
      this.weightCache = cache;
      return this;
    }

    /** Most requests that may run or wait at a time, at least 1. */
    public Builder maxQueued(int requests) {
      this.maxQueued = requests;
      return this;
    }

    /** What is done with what files hold and the engine cannot honour. */
    public Builder policy(Policy policy) {
      this.policy = policy;
      return this;
    }

    /** Told of what is odd but no error, on the thread that finds it. */
    public Builder warnings(Consumer<String> listener) {
      this.warnings = listener;
      return this;
    }

    /**
     * The options, checked.
     *
     * @throws IllegalArgumentException if a number is out of its range
     */
    public LoadOptions build() {
      return new LoadOptions(backend, precision, maxBytes, controlNets, loras, keptUpdates, comfyUpdates, embeddings,
          ipAdapter,
          imageEncoder, tokenizer, originalConfig, autoencoder, scheduler, upscaler, allowNan,
          weightCache, maxQueued, policy, warnings);
    }
  }
}
