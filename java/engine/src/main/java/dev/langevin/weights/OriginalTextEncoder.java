package dev.langevin.weights;

import dev.langevin.weights.KeyTable.Form;
import dev.langevin.weights.KeyTable.Target;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A text encoder of a checkpoint in the original naming: CLIP by the names of transformers, or OpenCLIP by its own. */
final class OriginalTextEncoder {

  /** Where text encoders lie, by family; the order tells families apart where a prefix occurs in two. */
  enum Place {
    XL_SECOND(CheckpointFamily.SDXL, "text_encoder_2", "conditioner.embedders.1.model.", true),
    XL_FIRST(CheckpointFamily.SDXL, "text_encoder", "conditioner.embedders.0.transformer.", false),
    REFINER(CheckpointFamily.SDXL_REFINER, "text_encoder_2", "conditioner.embedders.0.model.", true),
    SD2(CheckpointFamily.SD2, "text_encoder", "cond_stage_model.model.", true),
    SD1(CheckpointFamily.SD1, "text_encoder", "cond_stage_model.transformer.", false);

    private final CheckpointFamily family;
    private final String component;
    private final String prefix;
    private final boolean openClip;

    Place(CheckpointFamily family, String component, String prefix, boolean openClip) {
      this.family = family;
      this.component = component;
      this.prefix = prefix;
      this.openClip = openClip;
    }

    /** Null where models of the family have no such encoder. */
    static Place of(CheckpointFamily family, String component) {
      for (Place place : values()) {
        if (place.family == family && place.component.equals(component)) {
          return place;
        }
      }
      return null;
    }

    CheckpointFamily family() {
      return family;
    }

    String component() {
      return component;
    }

    String prefix() {
      return prefix;
    }
  }

  /** Channels of a head in every published CLIP text encoder (arXiv:2103.00020, table 20). */
  private static final int HEAD_DIM = 64;

  /** Layers of OpenCLIP ViT-H's text encoder (https://github.com/mlfoundations/open_clip, ViT-H-14.json). */
  private static final int VIT_H_LAYERS = 24;

  /** CLIP's end token, the last of its vocabulary. */
  private static final int END_TOKEN = 49407;

  private static final Map<String, String> OPEN_CLIP_LAYER = Map.of("ln_1", "layer_norm1", "ln_2", "layer_norm2",
      "attn.out_proj", "self_attn.out_proj", "mlp.c_fc", "mlp.fc1", "mlp.c_proj", "mlp.fc2");

  private static final List<String> CLIP_LAYER =
      List.of("layer_norm1", "layer_norm2", "self_attn.q_proj", "self_attn.k_proj",
          "self_attn.v_proj", "self_attn.out_proj", "mlp.fc1", "mlp.fc2");

  private final Section section;
  private final Place place;
  private final String inner; // of CLIP; early files leave the prefix out
  private final int stored;
  private final int layers;

  OriginalTextEncoder(Section section, Place place) {
    this.section = section;
    this.place = place;
    this.inner = section.has("text_model") ? "text_model." : "";
    this.stored = section.count(place.openClip ? "transformer.resblocks" : inner + "encoder.layers");
    // SD 2 reads the layer before the last, which is the last one in diffusers and in files that were converted back
    // from it
    this.layers = place == Place.SD2 && stored == VIT_H_LAYERS ? stored - 1 : stored;
  }

  /** transformers' class. */
  String className() {
    return place.component.equals("text_encoder_2") ? "CLIPTextModelWithProjection" : "CLIPTextModel";
  }

  KeyTable table() {
    return table(place, inner, stored, layers);
  }

  /** The table of an encoder by the names that transformers has for its parts. */
  static KeyTable tableOfTransformers(Section section, Place place) {
    int layers = section.count("text_model.encoder.layers");
    return table(place, "text_model.", layers, layers);
  }

  private static KeyTable table(Place place, String inner, int stored, int layers) {
    KeyTable table = new KeyTable();
    if (place.openClip) {
      openClip(table, place, stored, layers);
      return table;
    }
    for (String name : List.of("embeddings.token_embedding.weight", "embeddings.position_embedding.weight",
        "final_layer_norm.weight", "final_layer_norm.bias")) {
      table.tensor(inner + name, new Target("text_model." + name, Form.SAME));
    }
    for (int i = 0; i < layers; i++) {
      for (String layer : CLIP_LAYER) {
        table.layer(inner + "encoder.layers." + i + "." + layer, "text_model.encoder.layers." + i + "." + layer);
      }
    }
    table.unread("text_projection.weight"); // of the whole CLIP model, which some writers kept
    return table;
  }

  private static void openClip(KeyTable table, Place place, int stored, int layers) {
    table.tensor("token_embedding.weight", new Target("text_model.embeddings.token_embedding.weight", Form.SAME));
    table.tensor("positional_embedding", new Target("text_model.embeddings.position_embedding.weight", Form.SAME));
    table.layer("ln_final", "text_model.final_layer_norm");
    for (int i = 0; i < stored; i++) {
      String original = "transformer.resblocks." + i;
      if (i < layers) {
        String layer = "text_model.encoder.layers." + i;
        table.block(original, layer, OPEN_CLIP_LAYER);
        fused(table, original + ".attn.in_proj_weight", layer + ".self_attn.", "_proj.weight");
        fused(table, original + ".attn.in_proj_bias", layer + ".self_attn.", "_proj.bias");
      } else {
        for (String name : OPEN_CLIP_LAYER.keySet()) {
          table.unread(original + "." + name + ".weight");
          table.unread(original + "." + name + ".bias");
        }
        table.unread(original + ".attn.in_proj_weight");
        table.unread(original + ".attn.in_proj_bias");
      }
    }
    if (place == Place.SD2) {
      table.unread("text_projection");
    } else {
      table.tensor("text_projection", new Target("text_projection.weight", Form.TRANSPOSED)); // x W there, x W^T here
      table.tensor("text_projection.weight", new Target("text_projection.weight", Form.SAME)); // of some converters
    }
  }

  private static void fused(KeyTable table, String original, String prefix, String suffix) {
    table.tensor(original, new Target(prefix + "q" + suffix, Form.FIRST_THIRD),
        new Target(prefix + "k" + suffix, Form.SECOND_THIRD), new Target(prefix + "v" + suffix, Form.LAST_THIRD));
  }

  /** As transformers' config.json. */
  Map<String, Object> config(OriginalConfig original, String origin) {
    boolean open = place.openClip;
    String tokens = open ? "token_embedding.weight" : inner + "embeddings.token_embedding.weight";
    String positions = open ? "positional_embedding" : inner + "embeddings.position_embedding.weight";
    String first = open ? "transformer.resblocks.0.mlp.c_fc.weight" : inner + "encoder.layers.0.mlp.fc1.weight";
    int entries = section.dim(tokens, 0);
    int width = section.dim(tokens, 1);
    Integer heads = original.positive("model.params.cond_stage_config.params.heads");
    if (heads == null && width % HEAD_DIM != 0) {
      throw new WeightsException(origin + ": the text encoder is " + width + " channels wide, which makes no heads of "
          + HEAD_DIM + "; give the checkpoint's YAML file with cond_stage_config.params.heads");
    }
    Map<String, Object> config = new LinkedHashMap<>();
    config.put("architectures", List.of(className()));
    config.put("bos_token_id", Math.min(entries, END_TOKEN + 1) - 2);
    config.put("eos_token_id", Math.min(entries, END_TOKEN + 1) - 1);
    config.put("hidden_act", open ? "gelu" : "quick_gelu");
    config.put("hidden_size", width);
    config.put("intermediate_size", section.dim(first, 0));
    config.put("layer_norm_eps", 1e-5);
    config.put("max_position_embeddings", section.dim(positions, 0));
    config.put("model_type", "clip_text_model");
    config.put("num_attention_heads", heads != null ? heads : width / HEAD_DIM);
    config.put("num_hidden_layers", layers);
    config.put("projection_dim", width); // square in every published OpenCLIP text encoder
    config.put("vocab_size", entries);
    return config;
  }
}
