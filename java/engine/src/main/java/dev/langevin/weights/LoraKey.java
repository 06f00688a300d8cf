package dev.langevin.weights;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What a tensor's name in a file of updates says.
 *
 * @param components whose layer it is: the first that the model has; empty where the name does not say
 * @param layer in the notation of the file
 * @param part what of the layer's update it is
 */
record LoraKey(List<String> components, String layer, String part) {

  /** Layer and part in every notation. */
  private static final Pattern KEY = Pattern.compile("(?<layer>.+?)(?:"
      + "\\.lora_(?<peft>[AB])(?:\\.(?!weight$|bias$)[^.]+)?(?<peftEnd>\\.weight|\\.bias)?"
      + "|(?:\\.lora|\\.lora_linear_layer|_lora)\\.(?<diffusers>down|up)\\.weight"
      + "|\\.lora_(?<kohya>down|up|mid)\\.weight"
      + "|\\.(?<kohyaBias>lora_up\\.bias)"
      + "|\\.(?<magnitude>lora_magnitude_vector)(?:\\.[^.]+){0,2}"
      + "|\\.(?<glora>[ab][12])\\.weight"
      + "|\\.(?<named>alpha|dora_scale|hada_w[12]_[ab]|hada_t[12]|lokr_w[12](?:_[ab])?|lokr_t[12]|oft_blocks|rescale"
      + "|diff|diff_b|set_weight|w_norm|b_norm"
      + "|oft_diag|bias_indices|bias_values|bias_size|reshape_weight|lora_down\\.bias|lora_embedding_[AB].*)"
      + "|:(?<numbered>down|up|alpha))");

  /** Whole tensors that PEFT saves beside the updates. */
  private static final Pattern SAVED =
      Pattern.compile("base_model\\.model\\.(?<layer>.+?)(?:\\.modules_to_save(?:\\.[^.]+)?)?\\.(?<part>weight|bias)");

  private static final Pattern PREFIX = Pattern.compile("lora_(?<kohya>unet|te1|te2|te)[_.](?<kohyaLayer>.*)"
      + "|(?<lycoris>lycoris)_(?<lycorisLayer>.*)"
      + "|(?<dotted>(?:model\\.)?diffusion_model|unet|text_encoder_2|text_encoder|transformer)[.:](?<dottedLayer>.*)"
      + "|text_encoders\\.clip_(?<clip>[lgh])\\.transformer\\.(?<clipLayer>.*)");

  private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");

  private static final Map<String, String> PARTS = Map.of("A", "down", "B", "up", "lora_up.bias", "up_bias",
      "lora_magnitude_vector", "magnitude", "weight", "w", "bias", "b");

  private static final Map<String, String> WORDS =
      Map.of("down", "down matrix", "up", "up matrix", "b", "a whole bias", "up_bias", "bias of the update");

  /** Names of updates that mean a change, and are not read. */
  private static final Pattern UNREAD = Pattern.compile(
      "oft_diag|bias_indices|bias_values|bias_size|reshape_weight|lora_down\\.bias|lora_embedding.*|down_bias|lokr_t1");

  private static final Set<String> DENOISERS = Set.of("unet", "diffusion_model", "model.diffusion_model");

  static boolean isUnread(String part) {
    return UNREAD.matcher(part).matches();
  }

  static String inWords(String part) {
    return WORDS.getOrDefault(part, part);
  }

  /** @param numbersAreOf the component of a list that has numbers for names */
  static LoraKey of(String name, String numbersAreOf) {
    if (NUMBER.matcher(name).matches()) { // up and down in turn
      int number = Integer.parseInt(name);
      return new LoraKey(List.of(numbersAreOf), String.valueOf(number / 2), number % 2 == 0 ? "up" : "down");
    }
    Matcher key = KEY.matcher(name);
    String layer;
    String part;
    if (key.matches()) {
      layer = key.group("layer");
      part = first(key, "peft", "diffusers", "kohya", "kohyaBias", "magnitude", "glora", "named", "numbered");
      part = PARTS.getOrDefault(part, part) + (".bias".equals(key.group("peftEnd")) ? "_bias" : "");
    } else {
      Matcher saved = SAVED.matcher(name);
      if (!saved.matches()) {
        return null;
      }
      layer = saved.group("layer");
      part = PARTS.get(saved.group("part"));
    }
    return placed(layer.startsWith("base_model.model.") ? layer.substring("base_model.model.".length()) : layer, part);
  }

  private static LoraKey placed(String layer, String part) {
    Matcher prefix = PREFIX.matcher(layer);
    if (!prefix.matches()) {
      return new LoraKey(List.of(), layer, part);
    }
    if (prefix.group("kohya") != null) {
      return new LoraKey(switch (prefix.group("kohya")) {
        case "unet" -> List.of("unet");
        case "te1" -> List.of("text_encoder");
        case "te2" -> List.of("text_encoder_2");
        default -> List.of("text_encoder", "text_encoder_2"); // SDXL's refiner has the second alone
      }, prefix.group("kohyaLayer"), part);
    }
    if (prefix.group("lycoris") != null) {
      return new LoraKey(List.of(), prefix.group("lycorisLayer"), part);
    }
    if (prefix.group("clip") != null) {
      return new LoraKey(List.of(prefix.group("clip").equals("g") ? "text_encoder_2" : "text_encoder"),
          prefix.group("clipLayer"), part);
    }
    String component = prefix.group("dotted");
    return new LoraKey(
        DENOISERS.contains(component) ? List.of("unet")
            : component.equals("text_encoder") ? List.of(component, "text_encoder_2") : List.of(component),
        prefix.group("dottedLayer"), part);
  }

  private static String first(Matcher matcher, String... groups) {
    for (String group : groups) {
      if (matcher.group(group) != null) {
        return matcher.group(group);
      }
    }
    throw new AssertionError();
  }
}
