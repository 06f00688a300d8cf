package dev.langevin.config;

import static dev.langevin.config.Field.optional;
import static dev.langevin.config.Field.required;
import static dev.langevin.config.Type.flag;
import static dev.langevin.config.Type.number;
import static dev.langevin.config.Type.object;
import static dev.langevin.config.Type.text;
import static dev.langevin.config.Type.whole;

/** The fields of the files around the networks. */
final class ModelFiles {

  /** Besides the components, which are all entries that are lists: a library and a class each. */
  static final Section MODEL_INDEX = new Section("a diffusers folder", "model_index.json",
      optional("_class_name", text()),
      optional("requires_aesthetics_score", flag(), false),
      optional("force_zeros_for_empty_prompt", flag(), true),
      optional("id2label", object()));

  /** {@code model_max_length} is a number beyond any where there is no limit. */
  static final Section TOKENIZER = new Section("CLIPTokenizer", "tokenizer_config.json",
      optional("pad_token", text().or(object())),
      optional("model_max_length", whole(2, Limits.WIDTH).or(number(1e6, Double.MAX_VALUE))));

  /** A token that a tokenizer's configuration describes. */
  static final Section TOKEN = new Section("a token", "tokenizer_config.json", required("content", text()));

  /** What a LoRA file's metadata say of one component, after its name and a point. */
  static final Section LORA_ADAPTER = new Section("lora_adapter_metadata", "the metadata",
      optional("use_dora", flag(), false),
      optional("use_rslora", flag(), false),
      optional("lora_alpha", number(-Limits.WIDTH, Limits.WIDTH)),
      optional("alpha_pattern", object()));

  private ModelFiles() {}
}
