package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.policy.Findings;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.regex.Pattern;

/**
 * An adapter's settings: PEFT's file beside the weights, or what diffusers, since version 0.34, writes into the free
 * text of a LoRA file. Names then hold no alpha, and who does not read it here takes a LoRA that was trained with alpha
 * twice its rank for half as strong as it is.
 */
final class LoraFactors {

  private static final String KEY = "lora_adapter_metadata";

  private static final String PEFT = "adapter_config.json";

  /** Alpha of PEFT's settings that do not say it. */
  private static final double PEFT_ALPHA = 8;

  /** Settings name layers by patterns; all that diffusers writes are plain names. */
  private static final Pattern PLAIN = Pattern.compile("\\^?[\\w.]+");

  /** Settings under which the update is not what the two matrices say, or is for layers that a model has not. */
  private static final List<String> FOREIGN = List.of("fan_in_fan_out", "layer_replication", "use_qalora", "use_bdlora",
      "target_parameters", "trainable_token_indices", "alora_invocation_tokens", "arrow_config", "kasa_config",
      "monteclora_config");

  private static final TypeReference<Map<String, Object>> OBJECT = new TypeReference<>() {};

  private final String origin; // of the settings, in words
  private final boolean peft;
  private final Map<String, Object> settings;
  private final Map<String, ConfigValues> components = new ConcurrentHashMap<>();

  private LoraFactors(String origin, boolean peft, Map<String, Object> settings) {
    this.origin = origin;
    this.peft = peft;
    this.settings = settings;
  }

  /** Where the settings of a file lie, or null where they lie in the file itself. */
  static Path beside(Path file) {
    Path beside = file.resolveSibling(PEFT);
    return String.valueOf(file.getFileName()).startsWith("adapter_model.") && Files.isRegularFile(beside) ? beside
        : null;
  }

  /** @throws WeightsException if the settings are not a JSON object */
  static LoraFactors of(WeightFile file) {
    Path beside = beside(file.path());
    boolean peft = beside != null;
    String origin = peft ? beside + ": " : file.origin() + ": ";
    String what = peft ? PEFT : KEY + " in its metadata";
    try {
      String json = peft ? Files.readString(beside) : file.metadata().get(KEY);
      Map<String, Object> settings =
          new ObjectMapper(Json.factory().build()).readValue(json == null ? "{}" : json, OBJECT);
      if (settings == null) {
        throw new WeightsException(origin + what + " is not a JSON object");
      }
      return new LoraFactors(origin, peft, settings);
    } catch (JsonProcessingException e) {
      throw new WeightsException(origin + what + " is not a JSON object: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new WeightsException(origin + "cannot be read: " + e.getMessage(), e);
    }
  }

  /** Tells of settings that mean more than is read. */
  void check(Findings findings) {
    for (Map.Entry<String, Object> setting : settings.entrySet()) {
      String name = setting.getKey().substring(setting.getKey().lastIndexOf('.') + 1);
      Object value = setting.getValue();
      if (FOREIGN.contains(name) && isSet(value)) {
        findings.changes(origin + setting.getKey() + " is " + value
            + ", an update of a kind that is not read; merge it with PEFT and use the model");
      } else if (name.equals("init_lora_weights") && value instanceof String start && changesTheModel(start)) {
        findings.changes(origin + setting.getKey() + " is " + start
            + ", for which training changed the model's own weights, too; convert it to a plain LoRA with PEFT");
      } else if (name.equals("peft_type") && !"LORA".equals(value)) {
        findings.changes(origin + "peft_type is " + value + ", known is LORA; merge it with PEFT and use the model");
      }
    }
  }

  private static boolean isSet(Object value) {
    return switch (value) {
      case null -> false;
      case Boolean flag -> flag;
      case Collection<?> list -> !list.isEmpty();
      case Map<?, ?> map -> !map.isEmpty();
      default -> true;
    };
  }

  /** All words but those of starts that leave the model as it is. */
  private static boolean changesTheModel(String start) {
    return !List.of("gaussian", "eva", "orthogonal").contains(start);
  }

  /**
   * Alpha of a layer's update, whose factor is alpha / rank; {@code rank} itself where nothing is written.
   * Rank-stabilised updates (arXiv:2312.03732) have the factor alpha / sqrt(rank).
   *
   * @throws WeightsException if the settings are of another kind of update, or not understood
   */
  double alpha(String component, String layer, long rank) {
    try {
      ConfigValues own = of(component);
      Object alpha = peft && !own.has("lora_alpha") ? (Double) PEFT_ALPHA : own.given("lora_alpha");
      if (own.given("alpha_pattern") instanceof Map<?, ?> patterns) {
        alpha = patternAlpha(component, layer, patterns, alpha);
      }
      return alpha == null ? rank : (Double) alpha * (own.flag("use_rslora") ? Math.sqrt(rank) : 1);
    } catch (IllegalArgumentException e) {
      throw new WeightsException(origin + e.getMessage(), e);
    }
  }

  /** Whether the settings say that a component's updates have magnitudes. */
  boolean isDora(String component) {
    try {
      return of(component).flag("use_dora");
    } catch (IllegalArgumentException e) {
      throw new WeightsException(origin + e.getMessage(), e);
    }
  }

  private ConfigValues of(String component) {
    return components.computeIfAbsent(component, name -> {
      if (peft) {
        return ConfigValues.of(Configurations.LORA_ADAPTER, "the adapter", settings);
      }
      Map<String, Object> own = new HashMap<>();
      settings.forEach((key, value) -> {
        if (key.startsWith(name + ".")) {
          own.put(key.substring(name.length() + 1), value);
        }
      });
      return ConfigValues.of(Configurations.LORA_ADAPTER, "its metadata of " + name, own);
    });
  }

  private static Object patternAlpha(String component, String layer, Map<?, ?> patterns, Object otherwise) {
    List<String> unknown = new ArrayList<>();
    for (Map.Entry<?, ?> entry : patterns.entrySet()) {
      String pattern = (String) entry.getKey();
      if (!PLAIN.matcher(pattern).matches()) {
        unknown.add(pattern);
      } else if (matches(pattern, layer)) {
        Map<String, Object> alpha = new HashMap<>();
        alpha.put("lora_alpha", entry.getValue());
        return ConfigValues.of(Configurations.LORA_ADAPTER, "its metadata of " + component + " " + layer, alpha)
            .given("lora_alpha");
      }
    }
    if (!unknown.isEmpty()) {
      throw new IllegalArgumentException(
          "the layer pattern '" + unknown.getFirst() + "' in its metadata is no plain name");
    }
    return otherwise;
  }

  /** Whether a pattern is the layer's name or its end, of whole parts. */
  private static boolean matches(String pattern, String layer) {
    String end = LoraLayers.withoutPrefix(pattern.startsWith("^") ? pattern.substring(1) : pattern);
    return layer.equals(end) || layer.endsWith("." + end);
  }
}
