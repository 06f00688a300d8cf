package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What diffusers, since version 0.34, writes of an adapter's settings into the free text of a LoRA file: names then hold no alpha, and
 * who does not read it here takes a LoRA that was trained with alpha twice its rank for half as strong as it is.
 */
final class LoraFactors {

  private static final String KEY = "lora_adapter_metadata";

  /** Settings name layers by patterns; all that diffusers writes are plain names. */
  private static final Pattern PLAIN = Pattern.compile("\\^?[\\w.]+");

  private final String origin;
  private final JsonNode settings;

  private LoraFactors(String origin, JsonNode settings) {
    this.origin = origin;
    this.settings = settings;
  }

  /** @throws WeightsException if the settings are not a JSON object */
  static LoraFactors of(WeightFile file) {
    String json = file.metadata().get(KEY);
    try {
      JsonNode settings = new ObjectMapper(Json.factory().build()).readTree(json == null ? "{}" : json);
      if (!settings.isObject()) {
        throw new WeightsException(file.origin() + ": " + KEY + " in its metadata is not a JSON object");
      }
      return new LoraFactors(file.origin(), settings);
    } catch (JsonProcessingException e) {
      throw new WeightsException(file.origin() + ": " + KEY + " in its metadata is not JSON: " + e.getOriginalMessage(), e);
    }
  }

  /**
   * Alpha of a layer's update, whose factor is alpha / rank; {@code rank} itself where nothing is written. Rank-stabilised updates
   * (arXiv:2312.03732) have the factor alpha / sqrt(rank).
   *
   * @throws WeightsException if the settings are of another kind of update, or not understood
   */
  double alpha(String component, String layer, long rank) {
    if (setting(component, "use_dora").asBoolean(false)) {
      throw new WeightsException(origin + ": its updates of " + component + " are DoRA's, which are not supported");
    }
    JsonNode alpha = setting(component, "lora_alpha");
    for (Map.Entry<String, JsonNode> entry : setting(component, "alpha_pattern").properties()) {
      if (!PLAIN.matcher(entry.getKey()).matches()) {
        throw new WeightsException(origin + ": the layer pattern '" + entry.getKey() + "' in its metadata is no plain name");
      }
      if (matches(entry.getKey(), layer)) {
        alpha = entry.getValue();
        break;
      }
    }
    if (alpha.isMissingNode() || alpha.isNull()) {
      return rank;
    }
    if (!alpha.isNumber() || !Double.isFinite(alpha.doubleValue())) {
      throw new WeightsException(origin + ": alpha of " + component + " " + layer + " is " + alpha + " in its metadata, must be a number");
    }
    return alpha.doubleValue() * (setting(component, "use_rslora").asBoolean(false) ? Math.sqrt(rank) : 1);
  }

  private JsonNode setting(String component, String name) {
    return settings.path(component + "." + name);
  }

  /** Whether a pattern is the layer's name or its end, of whole parts. */
  private static boolean matches(String pattern, String layer) {
    String end = LoraLayers.withoutPrefix(pattern.startsWith("^") ? pattern.substring(1) : pattern);
    return layer.equals(end) || layer.endsWith("." + end);
  }
}
