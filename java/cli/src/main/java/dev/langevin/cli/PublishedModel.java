package dev.langevin.cli;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.AutoencoderTiny;
import dev.langevin.models.AutoencoderTinyConfig;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.PriorConfig;
import dev.langevin.models.PriorTransformer;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.models.UnClipTextProjection;
import dev.langevin.tensor.Shape;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Published models that run here, by the configurations that they are published with. Their sizes, memory and times are
 * computed of those; licences and whether the weights are published in f16 too stand as they were when this was
 * written.
 */
enum PublishedModel {
  SD_TURBO("stabilityai/sd-turbo", "SD 2.1 for 1 to 4 steps", "Stability AI Community", 2, 512, 1, false),
  SDXS("IDKiro/sdxs-512-dreamshaper", "a third of SD 1.5, for 1 step", "CreativeML OpenRAIL++-M", 4, 512, 1, false),
  SD_15("stable-diffusion-v1-5/stable-diffusion-v1-5", "SD 1.5", "CreativeML OpenRAIL-M", 2, 512, 20, true),
  LCM("SimianLuo/LCM_Dreamshaper_v7", "SD 1.5 for 4 steps (latent consistency)", "MIT", 4, 512, 4, false),
  SDXL("stabilityai/stable-diffusion-xl-base-1.0", "SD XL", "CreativeML OpenRAIL++-M", 2, 1024, 20, true),
  SDXL_TURBO("stabilityai/sdxl-turbo", "SD XL for 1 to 4 steps", "Stability AI Community", 2, 512, 1, false),
  KARLO("kakaobrain/karlo-v1-alpha", "unCLIP", "CreativeML OpenRAIL-M", 4, 256, 25, true);

  private static final int TOKENS = 77;

  private static final int REDUCTION = 8;

  private static final int TIME_IDS = 6;

  private static final int SMALL = 64; // side of what unCLIP's decoder makes

  private static final int ENLARGING = 6; // calls of the first enlarging network; the second takes one

  private static final ObjectMapper JSON = new ObjectMapper();

  final String name;
  final String family;
  final String licence;
  final int side;
  final int steps;
  private final int storedBytes;
  private final boolean guided;

  PublishedModel(String name, String family, String licence, int storedBytes, int side, int steps, boolean guided) {
    this.name = name;
    this.family = family;
    this.licence = licence;
    this.storedBytes = storedBytes;
    this.side = side;
    this.steps = steps;
    this.guided = guided;
  }

  /** A network, and how often a picture of the usual size and number of steps calls it. */
  record Use(String network, Graph graph, int calls) {}

  /** Whether one network at a time is held, as the family does with such large ones. */
  boolean inTurn() {
    return this == KARLO;
  }

  /** What a picture takes. */
  List<Use> uses() {
    int batch = guided ? 2 : 1;
    List<Use> uses = new ArrayList<>();
    if (this == KARLO) {
      uses.add(text("text_encoder", "karlo", "text_encoder", Map.of(), 2));
      uses.add(new Use("prior", PriorTransformer.graph(PriorConfig.of(config("karlo", "prior")), 2, true), steps));
      uses.add(new Use("text_proj",
          UnClipTextProjection.graph(UnClipTextProjection.Config.of(config("karlo", "text_proj")), 1, 1, TOKENS), 1));
      uses.add(new Use("decoder", UNet2DCondition.graph(UNetConditionConfig.of(config("karlo", "decoder")), 2, SMALL,
          SMALL, TOKENS, 0, 0, false), steps));
      uses.add(new Use("super_res_first",
          UNet2D.graph(UNet2DConfig.of(config("karlo", "super_res_first")), 1, side, side), ENLARGING));
      uses.add(new Use("super_res_last",
          UNet2D.graph(UNet2DConfig.of(config("karlo", "super_res_last")), 1, side, side), 1));
      return uses;
    }
    boolean large = this == SDXL || this == SDXL_TURBO;
    int latent = side / REDUCTION;
    uses.add(text("text_encoder", "sd15", "text_encoder", this == SD_TURBO ? OPEN_CLIP : Map.of(), batch));
    if (large) {
      uses.add(text("text_encoder_2", "sdxl", "text_encoder_2", Map.of(), batch));
    }
    Map<String, Object> unet = config(large ? "sdxl" : "sd15", "unet");
    unet.putAll(changes());
    uses.add(new Use("unet", UNet2DCondition.graph(UNetConditionConfig.of(unet), batch, latent, latent, TOKENS,
        large ? TIME_IDS : 0, 0, false), steps));
    uses.add(
        new Use("vae", this == SDXS ? AutoencoderTiny.decoder(AutoencoderTinyConfig.of(Map.of()), 1, latent, latent)
            : AutoencoderKL.decoder(AutoencoderConfig.of(config("sd15", "vae")), 1, latent, latent), 1));
    return uses;
  }

  /** SD 2's text encoder: OpenCLIP's ViT-H without its last layer. */
  private static final Map<String, Object> OPEN_CLIP = Map.of("hidden_size", 1024, "intermediate_size", 4096,
      "num_hidden_layers", 23, "num_attention_heads", 16, "hidden_act", "gelu");

  /** What the U-Net's configuration says otherwise than SD 1.5's. */
  private Map<String, Object> changes() {
    Map<String, Object> changes = new LinkedHashMap<>();
    switch (this) {
      case SD_TURBO -> {
        changes.put("cross_attention_dim", 1024);
        changes.put("attention_head_dim", List.of(5, 10, 20, 20));
        changes.put("use_linear_projection", true);
      }
      case LCM -> changes.put("time_cond_proj_dim", 256);
      case SDXS -> { // arXiv:2403.16627, section 3.1
        changes.put("block_out_channels", List.of(320, 640, 1280));
        changes.put("down_block_types", List.of("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D"));
        changes.put("up_block_types", List.of("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D"));
        changes.put("layers_per_block", 1);
        changes.put("mid_block_type", null);
      }
      default -> {
        // as they are
      }
    }
    return changes;
  }

  private static Use text(String network, String model, String component, Map<String, Object> changes, int batch) {
    Map<String, Object> config = config(model, component);
    config.putAll(changes);
    boolean projected = String.valueOf(config.get("architectures")).contains("WithProjection");
    ClipConfig clip = ClipConfig.of(config, projected);
    return new Use(network, ClipText.graph(clip, "text_model.", batch, TOKENS, false, List.of(), projected ? 0 : -1),
        1);
  }

  private static Map<String, Object> config(String model, String component) {
    String file = "configurations/" + model + "/" + component + "/config.json";
    try (InputStream resource = PublishedModel.class.getResourceAsStream(file)) {
      return JSON.readValue(resource, new TypeReference<LinkedHashMap<String, Object>>() {});
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** About as much as a fetch brings: the weights, of an autoencoder its encoder's too. */
  static double bytesToFetch(PublishedModel model, List<Use> uses) {
    double weights = uses.stream().mapToDouble(use -> parameters(use.graph())).sum();
    if (model != KARLO && model != SDXS) {
      weights += parameters(AutoencoderKL.encoder(AutoencoderConfig.of(config("sd15", "vae")), 1, SMALL, SMALL));
    }
    return weights * model.storedBytes;
  }

  /** Weights of a network as they are stored. */
  static double parameters(Graph graph) {
    return graph.storedWeights().values().stream().mapToDouble(Shape::elements).sum();
  }
}
