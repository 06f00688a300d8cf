package dev.langevin.training.emoji;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * An entry of the package's emoji.json.
 *
 * @param image the picture's file name
 * @param name as published, such as {@code RED APPLE} or {@code Japan Flag}
 * @param shortNames such as {@code apple}, the usual one first
 * @param category one of ten, such as {@code Food & Drink}
 * @param subcategory such as {@code food-fruit}
 * @param skin such as {@code medium skin tone}, or empty
 */
public record Emoji(String image, String name, List<String> shortNames, String category, String subcategory, String skin) {

  private static final String[] TONES = {"light", "medium-light", "medium", "medium-dark", "dark"};
  private static final int FIRST_TONE = 0x1F3FB;

  public Emoji {
    shortNames = List.copyOf(shortNames);
  }

  /** Those with a picture by Google, each followed by its skin tones. */
  static List<Emoji> read(JsonNode entries) {
    List<Emoji> all = new ArrayList<>();
    for (JsonNode entry : entries) {
      List<String> shortNames = new ArrayList<>();
      entry.get("short_names").forEach(name -> shortNames.add(name.textValue()));
      Emoji plain = new Emoji(entry.get("image").textValue(), entry.get("name").textValue(), shortNames,
          entry.get("category").textValue(), entry.get("subcategory").textValue(), "");
      if (entry.get("has_img_google").booleanValue()) {
        all.add(plain);
      }
      entry.path("skin_variations").properties().forEach(variation -> {
        if (variation.getValue().get("has_img_google").booleanValue()) {
          all.add(new Emoji(variation.getValue().get("image").textValue(), plain.name, shortNames, plain.category, plain.subcategory,
              skin(variation.getKey())));
        }
      });
    }
    return all;
  }

  /** From code points such as {@code 1F3FB} or, for two people, {@code 1F3FB-1F3FF}. */
  private static String skin(String codes) {
    List<String> tones = new ArrayList<>();
    for (String code : codes.split("-")) {
      tones.add(TONES[Integer.parseInt(code, 16) - FIRST_TONE]);
    }
    return tones.stream().distinct().count() == 1 ? tones.getFirst() + " skin tone"
        : String.join(" and ", tones) + " skin tones";
  }
}
