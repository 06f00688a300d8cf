package dev.langevin.config;

import java.util.List;

/**
 * Every field of every configuration file that is read, with its type, its range and what its absence means, for all
 * families of models. Readers get their values through {@link ConfigValues}, which knows no other fields.
 */
public final class Configurations {

  public static final Section MODEL_INDEX = ModelFiles.MODEL_INDEX;
  public static final Section UNET2D = Networks.UNET2D;
  public static final Section UNET_CONDITION = Networks.UNET_CONDITION;
  public static final Section AUTOENCODER = Networks.AUTOENCODER;
  public static final Section AUTOENCODER_TINY = Networks.AUTOENCODER_TINY;
  public static final Section CLIP = Networks.CLIP;
  public static final Section PRIOR = Networks.PRIOR;
  public static final Section TEXT_PROJECTION = Networks.TEXT_PROJECTION;
  public static final Section SCHEDULER_CLASS = Samplers.SCHEDULER_CLASS;
  public static final Section SCHEDULER = Samplers.SCHEDULER;
  public static final Section SAMPLER_RUN = Samplers.RUN;
  public static final Section TOKENIZER = ModelFiles.TOKENIZER;
  public static final Section TOKEN = ModelFiles.TOKEN;
  public static final Section LORA_ADAPTER = ModelFiles.LORA_ADAPTER;

  private Configurations() {}

  /** All sections, in the order of a model's folder. */
  public static List<Section> all() {
    return List.of(MODEL_INDEX, UNET2D, UNET_CONDITION, AUTOENCODER, AUTOENCODER_TINY, CLIP, PRIOR, TEXT_PROJECTION,
        SCHEDULER_CLASS, SCHEDULER, SAMPLER_RUN, TOKENIZER, TOKEN, LORA_ADAPTER);
  }
}
