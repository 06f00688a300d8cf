package dev.langevin.weights;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The layers of a component by all the names that LoRA files have for them: the network's own, with underscores for
 * dots, the original code's with underscores, or a number in the order in which one trainer met them.
 */
final class LoraLayers {

  private static final String WEIGHT = ".weight";

  private static final Pattern BLOCK =
      Pattern.compile("((down_blocks|up_blocks|mid_block)\\..*?transformer_blocks\\.\\d+)\\.attn1\\.to_q");

  private static final Pattern PLACE =
      Pattern.compile("(down_blocks|up_blocks)\\.(\\d+)\\.(resnets|attentions|downsamplers|upsamplers)"
          + "\\.(\\d+)\\.(.*)");

  /** Layers of a transformer block in the order of the first versions of diffusers. */
  private static final List<String> BLOCK_ORDER =
      List.of("attn1.to_q", "attn1.to_k", "attn1.to_v", "attn1.to_out.0", "ff.net.0.proj",
          "attn2.to_q", "attn2.to_k", "attn2.to_v", "attn2.to_out.0");

  private static final List<String> TEXT_ORDER = List.of("k_proj", "v_proj", "q_proj", "out_proj");

  private static final Map<String, String> RESNET =
      Map.of("conv1", "in_layers.2", "conv2", "out_layers.3", "time_emb_proj", "emb_layers.1",
          "conv_shortcut", "skip_connection");

  private static final Map<String, String> ENDS =
      Map.of("conv_in", "input_blocks.0.0", "conv_out", "out.2", "time_embedding.linear_1",
          "time_embed.0", "time_embedding.linear_2", "time_embed.2", "add_embedding.linear_1", "label_emb.0.0",
          "add_embedding.linear_2",
          "label_emb.0.2", "mid_block.resnets.0", "middle_block.0", "mid_block.attentions.0", "middle_block.1",
          "mid_block.resnets.1",
          "middle_block.2");

  private final Map<String, String> byName = new LinkedHashMap<>();
  private final List<String> numbered = new ArrayList<>();

  /** @param weights names of the component's tensors */
  LoraLayers(Set<String> weights) {
    Set<String> layers = new TreeSet<>();
    for (String weight : weights) {
      if (weight.endsWith(WEIGHT)) {
        layers.add(weight.substring(0, weight.length() - WEIGHT.length()));
      }
    }
    int each =
        (int) layers.stream().filter(layer -> layer.matches("down_blocks\\.0\\.resnets\\.\\d+\\.conv1")).count() + 1;
    Map<String, String> underscored = new HashMap<>();
    for (String layer : layers) {
      String plain = withoutPrefix(layer);
      byName.put(plain, layer);
      underscored.put(plain.replace('.', '_'), layer);
      String original = original(plain, each, layers);
      if (original != null) {
        underscored.put(original, layer);
        underscored.put(original.replace('.', '_'), layer);
      }
    }
    underscored.forEach(byName::putIfAbsent);
    number(layers);
  }

  /** Text encoders are named with and without this. */
  static String withoutPrefix(String name) {
    return name.startsWith("text_model.") ? name.substring("text_model.".length()) : name;
  }

  /** The layer's own name, or null if there is none of that name. */
  String find(String name) {
    String plain = name.startsWith("text_model_") ? name.substring("text_model_".length()) : withoutPrefix(name);
    return byName.get(plain);
  }

  /** {@link #find(String)} of a number too, and of another name where that finds none. */
  String find(String name, String otherwise) {
    if (name.matches("\\d{1,6}")) {
      int n = Integer.parseInt(name);
      return n < numbered.size() ? numbered.get(n) : null;
    }
    String found = find(name);
    return found != null ? found : find(otherwise);
  }

  /** @param each input blocks of a size, the one that resamples included */
  private static String original(String layer, int each, Set<String> layers) {
    for (Map.Entry<String, String> end : ENDS.entrySet()) {
      if (layer.equals(end.getKey())) {
        return end.getValue();
      }
      if (layer.startsWith(end.getKey() + ".")) {
        return end.getValue() + "." + part(end.getKey(), layer.substring(end.getKey().length() + 1));
      }
    }
    Matcher place = PLACE.matcher(layer);
    if (!place.matches()) {
      return null;
    }
    boolean down = place.group(1).equals("down_blocks");
    int level = Integer.parseInt(place.group(2));
    int index = Integer.parseInt(place.group(4));
    String rest = place.group(5);
    return switch (place.group(3)) {
      case "resnets" -> block(down, level * each + index, 0) + "." + part("resnets", rest);
      case "attentions" -> block(down, level * each + index, 1) + "." + rest;
      case "downsamplers" -> "input_blocks." + (level + 1) * each + ".0.op";
      default -> {
        boolean attends = layers.stream().anyMatch(name -> name.startsWith("up_blocks." + level + ".attentions."));
        yield "output_blocks." + (level * each + each - 1) + (attends ? ".2." : ".1.") + rest;
      }
    };
  }

  private static String block(boolean down, int n, int part) {
    return (down ? "input_blocks." + (n + 1) : "output_blocks." + n) + "." + part;
  }

  private static String part(String kind, String rest) {
    return kind.contains("resnets") ? RESNET.getOrDefault(rest, rest) : rest;
  }

  private void number(Set<String> layers) {
    List<String> blocks = new ArrayList<>();
    for (String layer : layers) {
      Matcher matcher = BLOCK.matcher(layer);
      if (matcher.matches()) {
        blocks.add(matcher.group(1));
      }
    }
    blocks.sort(Comparator.comparingInt((String block) -> block.startsWith("down") ? 0 : block.startsWith("up") ? 1 : 2)
        .thenComparing(LoraLayers::numbers));
    for (String block : blocks) {
      BLOCK_ORDER.forEach(layer -> numbered.add(block + "." + layer));
    }
    for (int n = 0; blocks.isEmpty() && find("encoder.layers." + n + ".self_attn.q_proj") != null; n++) {
      for (String layer : TEXT_ORDER) {
        numbered.add(find("encoder.layers." + n + ".self_attn." + layer));
      }
    }
  }

  /** The numbers in a name, so that they sort as numbers. */
  private static String numbers(String name) {
    StringBuilder sorted = new StringBuilder();
    for (String number : name.replaceAll("\\D+", " ").strip().split(" ")) {
      sorted.append("%06d".formatted(Integer.parseInt(number)));
    }
    return sorted.toString();
  }
}
