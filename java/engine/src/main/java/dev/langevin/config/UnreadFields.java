package dev.langevin.config;

import dev.langevin.policy.Findings;
import dev.langevin.text.Printable;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** What a configuration holds beyond its {@link Section}: told of, for nobody knows what it would change. */
public final class UnreadFields {

  /**
   * Fields that published files have and that change no picture in f32: of training, of a library's bookkeeping, of
   * half precision, and of parts whose size stands in another field.
   */
  static final Set<String> WITHOUT_EFFECT = Set.of(
      "architectures", "model_type", "torch_dtype", "dtype", "transformers_version", "is_composition", // bookkeeping
      "dropout", "attention_dropout", "initializer_factor", "initializer_range", "gradient_checkpointing",
      "logit_scale_init_value", "num_train_timesteps", // training
      "upcast_attention", "force_upcast", "upcast_softmax", // half precision
      "bos_token_id", "pad_token_id", "sep_token_id", "decoder_start_token_id", "use_cache", "return_dict",
      "problem_type", "chunk_size_feed_forward", "top_k", "top_p", "temperature", "num_beams", "max_length",
      "repetition_penalty", "length_penalty", "num_return_sequences", "num_beam_groups", "typical_p", "id2label",
      "label2id", "tie_word_embeddings", "tie_encoder_decoder", "finetuning_task", // of texts that are generated
      "num_channels", "addition_embed_type_num_heads", "controlnet_conditioning_channel_order", "prefix");

  private static final int SHOWN = 6;

  private UnreadFields() {}

  /**
   * Tells of fields that are neither declared nor known to be without effect, unless they are null, off, 0 or empty.
   *
   * @param where the file, for the message
   */
  public static void tell(Section section, String where, Map<String, Object> json, Findings findings) {
    Set<String> declared = section.names();
    List<String> unread = json.entrySet().stream()
        .filter(field -> !declared.contains(field.getKey()) && !field.getKey().startsWith("_")
            && !WITHOUT_EFFECT.contains(field.getKey()) && !isOff(field.getValue()))
        .map(field -> field.getKey() + " (" + ConfigValues.shown(json, field.getKey()) + ")").sorted().toList();
    if (!unread.isEmpty()) {
      findings.leftover(where + ": not read are its fields "
          + Printable.of(String.join(", ", unread.subList(0, Math.min(SHOWN, unread.size()))))
          + (unread.size() > SHOWN ? " and " + (unread.size() - SHOWN) + " more" : "")
          + "; pictures differ where they mean something");
    }
  }

  private static boolean isOff(Object value) {
    return switch (value) {
      case null -> true;
      case Boolean flag -> !flag;
      case Number number -> number.doubleValue() == 0;
      case String text -> text.isEmpty();
      case Collection<?> list -> list.isEmpty();
      case Map<?, ?> map -> map.isEmpty();
      default -> false;
    };
  }
}
