package dev.langevin.config;

import java.util.List;

/**
 * Every field of every configuration file that is read, with its type, its range and what its absence means, for all
 * families of models. Readers get their values through {@link ConfigValues}, which knows no other fields.
 */
public final class Configurations {

  /** {@code model_index.json}. */
  public static final Section MODEL_INDEX = ModelFiles.MODEL_INDEX;
  /** {@code UNet2DModel}. */
  public static final Section UNET2D = Networks.UNET2D;
  /** {@code UNet2DConditionModel}, and the control networks that share its fields. */
  public static final Section UNET_CONDITION = Networks.UNET_CONDITION;
  /** {@code AutoencoderKL} and {@code VQModel}. */
  public static final Section AUTOENCODER = Networks.AUTOENCODER;
  /** {@code AutoencoderTiny}. */
  public static final Section AUTOENCODER_TINY = Networks.AUTOENCODER_TINY;
  /** CLIP's encoders of texts and of pictures. */
  public static final Section CLIP = Networks.CLIP;
  /** {@code PriorTransformer} of unCLIP. */
  public static final Section PRIOR = Networks.PRIOR;
  /** {@code UnCLIPTextProjModel}. */
  public static final Section TEXT_PROJECTION = Networks.TEXT_PROJECTION;
  /** The sampler's class, which decides what else is read. */
  public static final Section SCHEDULER_CLASS = Samplers.SCHEDULER_CLASS;
  /** {@code scheduler_config.json}. */
  public static final Section SCHEDULER = Samplers.SCHEDULER;
  /** What a run asks of a sampler, beside its configuration. */
  public static final Section SAMPLER_RUN = Samplers.RUN;
  /** {@code tokenizer_config.json}. */
  public static final Section TOKENIZER = ModelFiles.TOKENIZER;
  /** A token that is written as an object. */
  public static final Section TOKEN = ModelFiles.TOKEN;
  /** What a LoRA file of diffusers says of its updates in its header. */
  public static final Section LORA_ADAPTER = ModelFiles.LORA_ADAPTER;

  private Configurations() {}

  /** All sections, in the order of a model's folder. */
  public static List<Section> all() {
    return List.of(MODEL_INDEX, UNET2D, UNET_CONDITION, AUTOENCODER, AUTOENCODER_TINY, CLIP, PRIOR, TEXT_PROJECTION,
        SCHEDULER_CLASS, SCHEDULER, SAMPLER_RUN, TOKENIZER, TOKEN, LORA_ADAPTER);
  }
}
