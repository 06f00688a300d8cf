package dev.langevin.pipeline.files;

import dev.langevin.config.Configurations;
import dev.langevin.config.Section;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.AutoencoderTiny;
import dev.langevin.models.AutoencoderTinyConfig;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.ClipVision;
import dev.langevin.models.ControlNet;
import dev.langevin.models.PriorConfig;
import dev.langevin.models.PriorTransformer;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.models.UnClipTextProjection;
import dev.langevin.models.VQModel;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.NamedTensors;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The tensors that a network of a class and configuration reads, without planning it. */
public final class ExpectedWeights {

  private ExpectedWeights() {}

  /**
   * Shape of every tensor; empty for a class that this engine does not know.
   *
   * @param weights tell by their names which of two namings a text encoder has
   * @param timeIds sizes that an XL network is told
   * @throws IllegalArgumentException if the configuration makes no network
   */
  static Optional<Map<String, Shape>> of(String className, Map<String, Object> config, NamedTensors weights,
      int timeIds) {
    Section section = section(className);
    if (section != null) {
      weights.requireLayers(section, config);
    }
    return Optional.ofNullable(switch (className) {
      case "UNet2DModel" -> {
        UNet2DConfig c = UNet2DConfig.of(config);
        int side = 1 << c.blockChannels().size();
        yield UNet2D.graph(c, 1, side, side).storedWeights();
      }
      case "UNet2DConditionModel" -> {
        UNetConditionConfig c = UNetConditionConfig.of(config);
        int side = 2 * c.reduction();
        yield UNet2DCondition.graph(c, 1, side, side, 1, c.textTime() ? timeIds : 0, 0, false).storedWeights();
      }
      case "ControlNetModel" -> {
        UNetConditionConfig c = UNetConditionConfig.of(config);
        int side = 2 * c.reduction();
        yield ControlNet.graph(c, 1, side, side, 1, c.textTime() ? timeIds : 0, 1).storedWeights();
      }
      case "AutoencoderKL" -> {
        AutoencoderConfig c = AutoencoderConfig.of(config);
        int side = 8 * c.reduction();
        yield both(AutoencoderKL.encoder(c, 1, side, side), AutoencoderKL.decoder(c, 1, 8, 8));
      }
      case "VQModel" -> {
        AutoencoderConfig c = AutoencoderConfig.of(config);
        int side = 8 * c.reduction();
        yield both(VQModel.encoder(c, 1, side, side), VQModel.decoder(c, 1, 8, 8, true));
      }
      case "AutoencoderTiny" -> {
        AutoencoderTinyConfig c = AutoencoderTinyConfig.of(config);
        yield both(AutoencoderTiny.encoder(c, 1, 64, 64), AutoencoderTiny.decoder(c, 1, 8, 8));
      }
      case "CLIPTextModel", "CLIPTextModelWithProjection" -> {
        ClipConfig c = ClipConfig.of(config, className.endsWith("WithProjection"));
        String prefix = weights.has("text_model.final_layer_norm.weight") ? "text_model." : "";
        yield ClipText.graph(c, prefix, 1, c.positions(), false, List.of(), -1).storedWeights();
      }
      case "CLIPVisionModelWithProjection" ->
          ClipVision.graph(ClipConfig.of(config, true), "vision_model.", 1, List.of()).storedWeights();
      case "PriorTransformer" -> {
        PriorConfig c = PriorConfig.of(config);
        Map<String, Shape> stored = new TreeMap<>(PriorTransformer.graph(c, 1, true).storedWeights());
        stored.put("clip_mean", Shape.of(1, c.imageWidth())); // by which embeddings were made normal
        stored.put("clip_std", Shape.of(1, c.imageWidth()));
        yield stored;
      }
      case "UnCLIPTextProjModel" ->
          UnClipTextProjection.graph(UnClipTextProjection.Config.of(config), 1, 1, 1).storedWeights();
      default -> null;
    });
  }

  private static Section section(String className) {
    return switch (className) {
      case "UNet2DModel" -> Configurations.UNET2D;
      case "UNet2DConditionModel", "ControlNetModel" -> Configurations.UNET_CONDITION;
      case "AutoencoderKL", "VQModel" -> Configurations.AUTOENCODER;
      case "AutoencoderTiny" -> Configurations.AUTOENCODER_TINY;
      case "CLIPTextModel", "CLIPTextModelWithProjection", "CLIPVisionModelWithProjection" -> Configurations.CLIP;
      case "PriorTransformer" -> Configurations.PRIOR;
      case "UnCLIPTextProjModel" -> Configurations.TEXT_PROJECTION;
      default -> null;
    };
  }

  private static Map<String, Shape> both(Graph encoder, Graph decoder) {
    Map<String, Shape> stored = new TreeMap<>(encoder.storedWeights());
    stored.putAll(decoder.storedWeights());
    return stored;
  }
}
