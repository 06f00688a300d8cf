package dev.langevin.request;

import java.util.EnumSet;
import java.util.Set;
import java.util.function.Predicate;

/** What the loading of a model can ask for beyond the model itself. A family that has no use for it says so. */
public enum LoadSetting {
  /** Control networks. */
  CONTROL_NETS("control networks", options -> !options.controlNets().isEmpty()),
  /** Low-rank updates. */
  LORAS("low-rank updates", options -> !options.loras().isEmpty()),
  /** Learned tokens. */
  EMBEDDINGS("learned tokens", options -> !options.embeddings().isEmpty()),
  /** A picture as a prompt. */
  IP_ADAPTER("IP-Adapter", options -> options.ipAdapter() != null),
  /** Its encoder. */
  IMAGE_ENCODER("encoder of image prompts beside its own", options -> options.imageEncoder() != null),
  /** A tokenizer for a file. */
  TOKENIZER("tokenizer beside its own", options -> options.tokenizer() != null),
  /** A YAML configuration. */
  ORIGINAL_CONFIG("YAML configuration", options -> options.originalConfig() != null),
  /** Another autoencoder. */
  AUTOENCODER("autoencoder beside its own", options -> options.autoencoder() != null),
  /** A network that makes pictures larger. */
  UPSCALER("network that makes pictures larger", options -> options.upscaler() != null),
  /** Another sampler's configuration. */
  SCHEDULER("scheduler's folder beside its own", options -> options.scheduler() != null);

  private final String words;
  private final Predicate<LoadOptions> asked;

  LoadSetting(String words, Predicate<LoadOptions> asked) {
    this.words = words;
    this.asked = asked;
  }

  /** Whether options ask for it. */
  public boolean isAsked(LoadOptions options) {
    return asked.test(options);
  }

  /**
   * Refuses options that a family of models has no use for.
   *
   * @param family for the message
   * @throws IllegalArgumentException naming what the options ask for beyond what is honoured
   */
  public static void requireHonoured(LoadOptions options, Set<LoadSetting> honoured, String family) {
    EnumSet<LoadSetting> others = EnumSet.allOf(LoadSetting.class);
    others.removeAll(honoured);
    for (LoadSetting setting : others) {
      if (setting.asked.test(options)) {
        throw new IllegalArgumentException(family + " has no " + setting.words + "; leave that away");
      }
    }
  }
}
