package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.plan.WeightCache;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/**
 * What {@code serve} takes. The fields' first values are what counts where an option is not given; a server reads them
 * once, when it starts.
 */
public final class ServeOptions {

  @Option(names = "--host", paramLabel = "NAME",
      description = "Address to listen at; 0.0.0.0 for all of this machine's (${DEFAULT-VALUE}).")
  public String host = "127.0.0.1";

  @Option(names = "--port", paramLabel = "N", description = "Port; 0 for any that is free (${DEFAULT-VALUE}).")
  public int port = 7860;

  @Option(names = "--models", paramLabel = "DIR",
      description = "A folder of models: folders and single files, each by its name without its ending; repeatable"
          + " (none; without any model, those in the jar).")
  public List<Path> folders = new ArrayList<>();

  @Option(names = "--model", paramLabel = "NAME=PATH",
      description = "One model and what requests call it; repeatable (none).")
  public List<String> models = new ArrayList<>();

  @Option(names = "--hub-cache", description = "Also serve what 'langevin pull' has fetched, by OWNER/NAME (not).")
  public boolean hubCache;

  @Option(names = "--default-model", paramLabel = "NAME",
      description = "The model of requests that name none (the first).")
  public String defaultModel;

  @Option(names = "--alias", paramLabel = "NAME=MODEL",
      description = "Another name of a model, such as gpt-image-1=sd15; repeatable (none).")
  public List<String> aliases = new ArrayList<>();

  @Option(names = "--lora-dir", paramLabel = "DIR",
      description = "Where the files of <lora:name:weight> and of requests' LoRAs lie (none).")
  public Path loraDir;

  @Option(names = "--controlnet-dir", paramLabel = "DIR",
      description = "Folders of control networks that A1111's clients may name (none).")
  public Path controlNetDir;

  @Option(names = "--upscaler-dir", paramLabel = "DIR",
      description = "Networks that make pictures larger, for A1111's clients, beside the one in the jar (none).")
  public Path upscalerDir;

  @Option(names = "--vae-dir", paramLabel = "DIR",
      description = "Autoencoders that A1111's clients may take in the place of a model's own (none).")
  public Path vaeDir;

  @Option(names = "--precision", paramLabel = "P",
      description = "Arithmetic of the networks that walk the chain: f32 (usual on a processor), bf16 or int8, or of"
          + " cuda f16 (usual there) or tf32.")
  public Precision precision;

  @Option(names = "--backend", paramLabel = "NAME", description = "onednn or reference (${DEFAULT-VALUE}).")
  public String backend = "onednn";

  @Option(names = "--max-memory", paramLabel = "BYTES",
      description = "Most memory of all models together, such as 12g; models that nobody uses make room (no limit).")
  ByteCount memory;

  @Option(names = "--max-queue", paramLabel = "N",
      description = "Requests that may run or wait; one more is answered with 429 (${DEFAULT-VALUE}).")
  public int maxQueue = 64;

  @Option(names = "--max-per-client", paramLabel = "N",
      description = "Of these, those of one key, or of one address where there are no keys (${DEFAULT-VALUE}).")
  public int maxPerClient = 64;

  @Option(names = "--parallel", paramLabel = "N",
      description = "Requests that take turns, a step each; others wait for one to end (${DEFAULT-VALUE}).")
  public int parallel = 4;

  @Option(names = "--deadline", paramLabel = "SECONDS",
      description = "Most time from a request's arrival to its pictures (${DEFAULT-VALUE}).")
  public int deadlineSeconds = 600;

  @Option(names = "--max-body", paramLabel = "BYTES",
      description = "Most bytes of a request's body (32m).")
  ByteCount body;

  @Option(names = "--max-pixels", paramLabel = "N",
      description = "Most pixels of a picture that is asked for or sent (${DEFAULT-VALUE}).")
  public long maxPixels = 4096L * 4096;

  @Option(names = "--max-steps", paramLabel = "N",
      description = "Most steps of a request (${DEFAULT-VALUE}).")
  public int maxSteps = 1000;

  @Option(names = "--max-pictures", paramLabel = "N",
      description = "Most pictures of a request (${DEFAULT-VALUE}).")
  public int maxPictures = 16;

  @Option(names = "--keys", paramLabel = "FILE",
      description = "API keys, one a line; those in LANGEVIN_API_KEYS, parted by commas, count too (none: open to"
          + " whoever reaches the port).")
  public Path keys;

  @Option(names = "--cors", paramLabel = "ORIGIN",
      description = "An origin whose pages may ask from a browser; repeatable (none).")
  public List<String> corsOrigins = new ArrayList<>();

  @Option(names = "--keep-seconds", paramLabel = "N",
      description = "How long jobs' results and pictures by URL are kept (${DEFAULT-VALUE}).")
  public int keepSeconds = 600;

  @Option(names = "--keep-bytes", paramLabel = "BYTES",
      description = "Most memory that they take; the oldest go first (256m).")
  ByteCount kept;

  @Option(names = "--drain", paramLabel = "SECONDS",
      description = "How long SIGTERM lets requests that were accepted go on (${DEFAULT-VALUE}).")
  public int drainSeconds = 30;

  @Option(names = "--log-prompts", description = "Write prompts to the log too (not).")
  public boolean logPrompts;

  @Option(names = "--no-page", description = "Serve the interfaces alone, no page for people (the page is served).")
  public boolean noPage;

  @Mixin
  WeightCacheOption weightCache = new WeightCacheOption();

  /** Those of the command line. */
  public ServeOptions() {}

  /** Most bytes of all models together; {@link Long#MAX_VALUE} for no limit. */
  public long maxMemory() {
    return memory == null ? Long.MAX_VALUE : memory.bytes();
  }

  /** Sets the most bytes of all models together. */
  public void maxMemory(long bytes) {
    memory = new ByteCount(bytes);
  }

  /** Most bytes of a request's body. */
  public long maxBody() {
    return body == null ? 32L << 20 : body.bytes();
  }

  /** Sets the most bytes of a request's body. */
  public void maxBody(long bytes) {
    body = new ByteCount(bytes);
  }

  /** Most bytes of what is kept for later requests. */
  public long keepBytes() {
    return kept == null ? 256L << 20 : kept.bytes();
  }

  /** Sets the most bytes of what is kept for later requests. */
  public void keepBytes(long bytes) {
    kept = new ByteCount(bytes);
  }

  /** The precision that is asked for, or the backend's usual one. */
  public Precision precision() {
    return precision == null ? Backend.usualPrecision(backend) : precision;
  }

  /** Where packed weights are kept for the next start, or null for nowhere. */
  public WeightCache weightCache() {
    return weightCache.cache();
  }
}
