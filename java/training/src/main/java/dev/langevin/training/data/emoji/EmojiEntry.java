package dev.langevin.training.data.emoji;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/**
 * An emoji as {@code emoji.json} describes it.
 *
 * @param name in capitals but for flags: {@code RED APPLE}, {@code Japan Flag}
 * @param shortName unique: {@code apple}, {@code jp}
 * @param shortNames all, the unique one first
 * @param category {@code Food & Drink}
 * @param subcategory {@code food-fruit}
 * @param order its place among all, as keyboards show them
 * @param pictures without a skin tone first
 */
public record EmojiEntry(String name, String shortName, List<String> shortNames, String category, String subcategory,
    int order,
    List<Picture> pictures) {

  /**
   * A picture of it.
   *
   * @param skinTone modifiers as {@code 1F3FB}, or {@code 1F3FB-1F3FC} for two people; empty for none
   * @param file its name
   */
  public record Picture(String skinTone, String file) {}

  private static final String HAS_PICTURE = "has_img_google";

  /**
   * The emojis that have pictures, in order.
   *
   * @throws IOException if it is no JSON of that form, naming the entry at fault
   */
  static List<EmojiEntry> list(byte[] json) throws IOException {
    JsonNode root = new ObjectMapper().readTree(json);
    if (root == null || !root.isArray()) {
      throw new IOException("emoji.json is not an array of emojis");
    }
    List<EmojiEntry> entries = new ArrayList<>();
    for (JsonNode node : root) {
      if (node.path(HAS_PICTURE).asBoolean()) {
        entries.add(of(node));
      }
    }
    entries.sort(Comparator.comparingInt(EmojiEntry::order));
    return entries;
  }

  private static EmojiEntry of(JsonNode node) throws IOException {
    List<Picture> pictures = new ArrayList<>(List.of(new Picture("", text(node, "image"))));
    node.path("skin_variations").forEachEntry((tone, variation) -> {
      if (variation.path(HAS_PICTURE).asBoolean()) {
        pictures.add(new Picture(tone, variation.path("image").asText()));
      }
    });
    List<String> shortNames = new ArrayList<>();
    node.path("short_names").forEach(name -> shortNames.add(name.asText()));
    return new EmojiEntry(text(node, "name"), text(node, "short_name"), shortNames, text(node, "category"),
        text(node, "subcategory"),
        node.path("sort_order").asInt(), pictures);
  }

  private static String text(JsonNode node, String field) throws IOException {
    String text = node.path(field).asText("");
    if (text.isBlank()) {
      throw new IOException("emoji.json: the entry " + node.path("short_name") + " has no " + field);
    }
    return text;
  }
}
