package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.backend.Precision;
import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.config.Section;
import dev.langevin.config.UnreadFields;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.models.ControlNet;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.engine.FiniteWeights;
import dev.langevin.pipeline.files.AutoencoderParts;
import dev.langevin.pipeline.files.FolderParts;
import dev.langevin.pipeline.files.ModelParts;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Shape;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.WeightsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;

/** What the loading of each component has in common. */
final class Loading {

  /** Components that make no picture. */
  private static final Set<String> IGNORED =
      Set.of("safety_checker", "feature_extractor", "image_encoder", "watermarker");

  private static final Set<String> KNOWN = Set.of(
      "unet", "vae", "text_encoder", "text_encoder_2", "tokenizer", "tokenizer_2", "scheduler", "low_res_scheduler",
      "controlnet");

  private Loading() {}

  /**
   * The components are there that a picture of a text needs, and no others that would change it.
   *
   * @param autoencoder whether one is given beside the model
   * @throws WeightsException naming the component
   */
  static void requireKnown(ModelParts parts, boolean autoencoder) {
    parts.components().forEach((component, className) -> {
      if (IGNORED.contains(component) || autoencoder && component.equals("vae")) {
        return;
      }
      boolean known = switch (component) {
        case "unet" -> className.equals("UNet2DConditionModel");
        case "vae" -> className.equals("AutoencoderKL") || className.equals("AutoencoderTiny");
        case "text_encoder", "text_encoder_2" ->
            className.equals("CLIPTextModel") || className.equals("CLIPTextModelWithProjection");
        case "tokenizer", "tokenizer_2" -> className.equals("CLIPTokenizer") || className.equals("CLIPTokenizerFast");
        case "scheduler", "low_res_scheduler" -> Schedulers.classNames().contains(className);
        case "controlnet" -> className.equals("ControlNetModel") || className.equals("MultiControlNetModel");
        default -> false;
      };
      if (!known) {
        throw new WeightsException(parts.name() + ": the component " + component + " is a " + className
            + ", which Stable Diffusion pipelines here do not know; components they know are " + new TreeSet<>(KNOWN));
      }
    });
    for (String needed : List.of("unet", "vae", "scheduler")) {
      if (!parts.components().containsKey(needed) && !(autoencoder && needed.equals("vae"))) {
        throw new WeightsException(parts.name() + ": the component " + needed + " is missing; "
            + (needed.equals("vae") ? "give an autoencoder beside it (--vae)" : "is it a latent diffusion model?"));
      }
    }
    if (parts.has("unet") && Integer.valueOf(5).equals(parts.config("unet").get("in_channels"))) {
      throw new WeightsException(parts.name() + ": the U-Net reads 5 channels, so it is guided by depth, which no"
          + " pipeline here finds in a picture; langevin convert writes such models in other forms");
    }
    if (!parts.components().containsKey("text_encoder") && !parts.components().containsKey("text_encoder_2")) {
      throw new WeightsException(parts.name() + ": there is no text_encoder; is it a text-to-picture model?");
    }
  }

  /** Reads a part of a source, which is named where it is wrong. */
  static <T> T named(ModelParts source, String component, Supplier<T> reader) {
    try {
      return reader.get();
    } catch (IllegalArgumentException e) {
      throw new WeightsException(source.name() + ": " + (component.isEmpty() ? "" : component + ": ") + e.getMessage(),
          e);
    }
  }

  /** A network's configuration, which counts no more layers than it has weights; what of it is not read is told. */
  static Map<String, Object> bounded(ModelParts source, String component, Section section, LoadOptions options) {
    Map<String, Object> json = source.config(component);
    source.weights(component).requireLayers(section, json);
    UnreadFields.tell(section, source.name() + ": " + component, json, options.findings());
    return json;
  }

  /** Begins to read the tokenizers, by their components' names: beside all else, as it takes as long. */
  static Map<String, CompletableFuture<ClipTokenizer>> readTokenizers(ModelParts parts) {
    Map<String, CompletableFuture<ClipTokenizer>> tokenizers = new HashMap<>();
    for (String suffix : new String[] {"", "_2"}) {
      if (parts.components().containsKey("text_encoder" + suffix)) {
        tokenizers.put("tokenizer" + suffix, begin(() -> parts.tokenizer("tokenizer" + suffix)));
      }
    }
    return tokenizers;
  }

  /** Does a part of loading on a thread of its own. */
  static <T> CompletableFuture<T> begin(Supplier<T> part) {
    return CompletableFuture.supplyAsync(part, work -> Thread.ofPlatform().daemon().name("langevin-load").start(work));
  }

  /** Waits for a part; what it failed of is thrown here. */
  static <T> T end(CompletableFuture<T> part) {
    try {
      return part.join();
    } catch (CompletionException e) {
      if (e.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw e;
    }
  }

  /** Where the autoencoder comes from: the file or folder that was asked for, which the caller closes, or the model. */
  static ModelParts autoencoder(ModelParts parts, LoadOptions options) {
    Path path = options.autoencoder();
    return path == null ? parts
        : Files.isRegularFile(path) ? new AutoencoderParts(path, parts, options.findings()) : new FolderParts(path);
  }

  /**
   * In what an autoencoder computes: in f32, unless the whole model is asked for in tf32 or f16. The values of SD XL's
   * and of the upscaling model's exceed f16's 65504, so these take bf16. Fields that say {@code force_upcast} are no
   * sign of it: files of every family have it, but those that were trained to stay within f16 say that it is false.
   *
   * @param asked of the network that walks the chain
   * @param json the autoencoder's configuration
   * @param large whether the family's autoencoders exceed f16
   */
  static Precision autoencoderPrecision(Precision asked, Map<String, Object> json, boolean large) {
    boolean exceeds = large && !"AutoencoderTiny".equals(json.get("_class_name"))
        && !Boolean.FALSE.equals(json.get("force_upcast"));
    return switch (asked) {
      case F16 -> exceeds ? Precision.BF16 : Precision.F16;
      case TF32 -> Precision.TF32;
      case F32, BF16, INT8 -> Precision.F32;
    };
  }

  /**
   * Configuration of a control network.
   *
   * @param timeIds sizes that the model's network is told
   * @throws WeightsException if it is none, or its weights are of another
   */
  static UNetConditionConfig control(ModelParts source, String component, int timeIds, LoadOptions options) {
    Map<String, Object> json = source.config(component);
    if (!"ControlNetModel".equals(json.get("_class_name"))) {
      throw new WeightsException(source.name() + ": " + component + ": config.json: _class_name is "
          + ConfigValues.shown(json, "_class_name") + ", must be ControlNetModel");
    }
    UNetConditionConfig control = named(source, component,
        () -> UNetConditionConfig.of(bounded(source, component, Configurations.UNET_CONDITION, options)));
    int side = 2 * control.reduction();
    requireFit(source.weights(component), named(source, component,
        () -> ControlNet.graph(control, 1, side, side, 1, control.textTime() ? timeIds : 0, 1).storedWeights()),
        options);
    return control;
  }

  /** @throws WeightsException if they are others than a network reads, or no numbers */
  static void requireFit(NamedTensors weights, Map<String, Shape> expected, LoadOptions options) {
    weights.requireFit(expected, options.findings());
    FiniteWeights.require(weights, options);
  }
}
