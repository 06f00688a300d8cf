package dev.langevin.training;

import dev.langevin.config.Configurations;
import dev.langevin.config.Field;
import dev.langevin.config.Section;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;

/**
 * The keys that a network's or sampler's configuration may have in a run's file: those that the engine reads, and those
 * that published files carry beside them. One of the latter that would change how a network learns may only have the
 * value that changes nothing.
 */
enum NetworkKeys {
  UNET2D("UNet2DModel", Configurations.UNET2D, "dropout=0"),
  UNET_CONDITION("UNet2DConditionModel", Configurations.UNET_CONDITION, "dropout=0", "encoder_hid_dim=null",
      "upcast_attention", "addition_embed_type_num_heads"),
  AUTOENCODER("AutoencoderKL", Configurations.AUTOENCODER, "force_upcast"),
  CLIP("CLIPTextModel or CLIPVisionModelWithProjection", Configurations.CLIP, "dropout=0", "attention_dropout=0",
      "num_channels=3", "architectures", "model_type", "torch_dtype", "dtype", "transformers_version",
      "initializer_range", "initializer_factor", "bos_token_id", "pad_token_id", "use_cache", "gradient_checkpointing",
      "output_attentions", "output_hidden_states", "return_dict", "tie_word_embeddings", "torchscript", "use_bfloat16",
      "is_decoder=false", "add_cross_attention=false", "id2label", "label2id", "problem_type", "pruned_heads",
      "chunk_size_feed_forward", "is_encoder_decoder=false", "cross_attention_hidden_size", "finetuning_task",
      "tokenizer_class", "prefix", "sep_token_id", "decoder_start_token_id", "task_specific_params", "tf_legacy_loss"),
  PRIOR("PriorTransformer", Configurations.PRIOR, "dropout=0", "embedding_proj_norm_type"),
  TEXT_PROJECTION("UnCLIPTextProjModel", Configurations.TEXT_PROJECTION),
  SCHEDULER("DDPMScheduler, DDIMScheduler and their like", Configurations.SCHEDULER, "base_shift", "max_shift",
      "base_image_seq_len", "max_image_seq_len", "use_beta_sigmas"),
  CLASSIFIER("the classifier", null, "channels");

  private final String title;
  private final Section section;
  private final Map<String, Object> carried = new LinkedHashMap<>();

  NetworkKeys(String title, Section section, String... carried) {
    this.title = title;
    this.section = section;
    Arrays.stream(carried).map(entry -> entry.split("=", 2))
        .forEach(entry -> this.carried.put(entry[0], entry.length == 1 ? "any" : entry[1]));
  }

  /** Whose configuration it is, by diffusers' or transformers' name. */
  String title() {
    return title;
  }

  /** The keys that are read; those that are only carried along are left out. */
  java.util.Collection<Field> fields() {
    return section == null ? java.util.List.of() : section.fields();
  }

  Set<String> names() {
    Set<String> names = new TreeSet<>(carried.keySet());
    fields().forEach(field -> names.add(field.name()));
    return names;
  }

  /** Whether it is a key; what begins with an underscore is a file's word about itself. */
  boolean knows(String key) {
    return key.startsWith("_") || names().contains(key);
  }

  /**
   * What the key must be, in words, where its value is not that.
   *
   * @param value as a YAML parser gives it
   */
  String refusal(String key, Object value) {
    for (Field field : fields()) {
      if (field.name().equals(key)) {
        return value == null || field.type().reader().apply(value) != null ? null : field.type().allowed();
      }
    }
    String neutral = String.valueOf(carried.getOrDefault(key, "any"));
    boolean same = neutral.equals("any") || Objects.equals(neutral, String.valueOf(value))
        || value instanceof Number n && neutral.matches("\\d+") && n.doubleValue() == Integer.parseInt(neutral);
    return same || value == null ? null : neutral + "; another value would not be applied";
  }
}
