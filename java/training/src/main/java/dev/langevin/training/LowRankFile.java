package dev.langevin.training;

import dev.langevin.backend.Block;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.CheckpointFamily;
import dev.langevin.weights.OriginalTensors;
import dev.langevin.weights.SafetensorsWriter;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.TreeMap;

/**
 * The file of a model's low-rank updates: in diffusers' notation, whose B is scaled, or in kohya's, with the alphas.
 * There XL's layers have the names of the original code, {@code lora_unet_input_blocks_4_1_...}, and its text encoders
 * {@code lora_te1_} and {@code lora_te2_}.
 *
 * @param lora what was trained
 * @param original the U-Net's layers by diffusers' names and their original names; empty but for XL
 * @param xl whether there are two text encoders
 */
record LowRankFile(LowRank lora, Map<String, String> original, boolean xl) {

  /** @param base whose updates they are */
  static LowRankFile of(LowRank lora, BaseModel base) {
    boolean xl = base.isXl();
    try (var unet = base.folder().weights("unet")) {
      return new LowRankFile(lora, xl ? OriginalTensors.unetLayers(unet, CheckpointFamily.SDXL) : Map.of(), xl);
    }
  }

  /**
   * Writes the updates.
   *
   * @param parameters names begin with {@code unet.}, {@code text_encoder.} or {@code text_encoder_2.}
   */
  void write(Path file, Parameters parameters, Block block) {
    boolean kohya = "kohya".equals(lora.format());
    Map<String, Shape> shapes = new TreeMap<>();
    Map<String, String> sources = new HashMap<>();
    parameters.stored().forEach((name, shape) -> {
      String written = kohya ? kohyaName(name) : withTextModel(name);
      shapes.put(written, shape);
      sources.put(written, name);
      if (kohya && LowRank.beginsAsZero(name)) {
        shapes.put(written.replace(".lora_up.weight", ".alpha"), Shape.of());
      }
    });
    ModelFolderWriter.create(file.getParent());
    float alpha = (float) (lora.scale() * lora.rank());
    SafetensorsWriter.write(file, shapes, DType.F32, metadata(kohya), (name, shape, first, chunk, count) -> {
      String source = sources.get(name);
      if (source == null) {
        chunk[0] = alpha;
        return;
      }
      parameters.copy(block, source, first, chunk, count);
      for (int i = 0; !kohya && LowRank.beginsAsZero(source) && i < count; i++) {
        chunk[i] *= (float) lora.scale();
      }
    });
  }

  private Map<String, String> metadata(boolean kohya) {
    Map<String, String> metadata = new TreeMap<>(Map.of("format", "pt"));
    if (kohya) {
      metadata.put("ss_network_module", "networks.lora");
      metadata.put("ss_network_dim", String.valueOf(lora.rank()));
      metadata.put("ss_network_alpha", String.valueOf(lora.scale() * lora.rank()));
      if (lora.dropout() > 0) {
        metadata.put("ss_network_dropout", String.valueOf(lora.dropout()));
      }
      if (xl) {
        metadata.put("ss_base_model_version", "sdxl_base_v1-0");
      }
    }
    return metadata;
  }

  /** Text encoders' layers as diffusers names them, whichever version of transformers wrote the base. */
  private static String withTextModel(String name) {
    int dot = name.indexOf('.') + 1;
    return name.startsWith("text_encoder") && !name.startsWith("text_model.", dot)
        ? name.substring(0, dot) + "text_model." + name.substring(dot) : name;
  }

  private String kohyaName(String name) {
    String whole = withTextModel(name);
    String component = whole.substring(0, whole.indexOf('.'));
    String layer = LowRank.layer(whole.substring(component.length() + 1));
    String network = switch (component) {
      case "unet" -> "lora_unet_";
      case "text_encoder" -> xl ? "lora_te1_" : "lora_te_";
      default -> "lora_te2_";
    };
    return network + original.getOrDefault(layer, layer).replace('.', '_')
        + (LowRank.beginsAsZero(name) ? ".lora_up.weight" : ".lora_down.weight");
  }
}
