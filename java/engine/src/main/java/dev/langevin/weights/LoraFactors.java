package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import java.util.HashMap;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What diffusers, since version 0.34, writes of an adapter's settings into the free text of a LoRA file: names then
 * hold no alpha, and who does not read it here takes a LoRA that was trained with alpha twice its rank for half as
 * strong as it is.
 */
final class LoraFactors {

  private static final String KEY = "lora_adapter_metadata";

  /** Settings name layers by patterns; all that diffusers writes are plain names. */
  private static final Pattern PLAIN = Pattern.compile("\\^?[\\w.]+");

  private final String origin;
  private final Map<String, Object> settings;
  private final Map<String, ConfigValues> components = new HashMap<>();

  private LoraFactors(String origin, Map<String, Object> settings) {
    this.origin = origin;
    this.settings = settings;
  }

  /** @throws WeightsException if the settings are not a JSON object */
  static LoraFactors of(WeightFile file) {
    String json = file.metadata().get(KEY);
    try {
      Map<String, Object> settings = new ObjectMapper(Json.factory().build())
          .readValue(json == null ? "{}" : json, new TypeReference<Map<String, Object>>() {});
      if (settings == null) {
        throw new WeightsException(file.origin() + ": " + KEY + " in its metadata is not a JSON object");
      }
      return new LoraFactors(file.origin(), settings);
    } catch (JsonProcessingException e) {
      throw new WeightsException(
          file.origin() + ": " + KEY + " in its metadata is not a JSON object: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Alpha of a layer's update, whose factor is alpha / rank; {@code rank} itself where nothing is written.
   * Rank-stabilised updates (arXiv:2312.03732) have the factor alpha / sqrt(rank).
   *
   * @throws WeightsException if the settings are of another kind of update, or not understood
   */
  double alpha(String component, String layer, long rank) {
    try {
      ConfigValues own = components.computeIfAbsent(component, this::of);
      Object alpha = own.given("lora_alpha");
      if (own.given("alpha_pattern") instanceof Map<?, ?> patterns) {
        alpha = patternAlpha(component, layer, patterns, alpha);
      }
      return alpha == null ? rank : (Double) alpha * (own.flag("use_rslora") ? Math.sqrt(rank) : 1);
    } catch (IllegalArgumentException e) {
      throw new WeightsException(origin + ": " + e.getMessage(), e);
    }
  }

  private ConfigValues of(String component) {
    Map<String, Object> own = new HashMap<>();
    settings.forEach((name, value) -> {
      if (name.startsWith(component + ".")) {
        own.put(name.substring(component.length() + 1), value);
      }
    });
    ConfigValues values = ConfigValues.of(Configurations.LORA_ADAPTER, "its metadata of " + component, own);
    if (values.flag("use_dora")) {
      throw new IllegalArgumentException("its updates of " + component + " are DoRA's, which are not supported");
    }
    return values;
  }

  private static Object patternAlpha(String component, String layer, Map<?, ?> patterns, Object otherwise) {
    for (Map.Entry<?, ?> entry : patterns.entrySet()) {
      String pattern = (String) entry.getKey();
      if (!PLAIN.matcher(pattern).matches()) {
        throw new IllegalArgumentException("the layer pattern '" + pattern + "' in its metadata is no plain name");
      }
      if (matches(pattern, layer)) {
        Map<String, Object> alpha = new HashMap<>();
        alpha.put("lora_alpha", entry.getValue());
        return ConfigValues.of(Configurations.LORA_ADAPTER, "its metadata of " + component + " " + layer, alpha)
            .given("lora_alpha");
      }
    }
    return otherwise;
  }

  /** Whether a pattern is the layer's name or its end, of whole parts. */
  private static boolean matches(String pattern, String layer) {
    String end = LoraLayers.withoutPrefix(pattern.startsWith("^") ? pattern.substring(1) : pattern);
    return layer.equals(end) || layer.endsWith("." + end);
  }
}
