package dev.langevin.training.data.emoji;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Skin tones by their modifiers: the Fitzpatrick scale in the five steps of Unicode. */
final class SkinTones {

  private static final Map<String, String> NAMES = Map.of(
      "1F3FB", "light", "1F3FC", "medium light", "1F3FD", "medium", "1F3FE", "medium dark", "1F3FF", "dark");

  private SkinTones() {}

  /**
   * "medium dark skin tone"; for two people "light and dark skin tones".
   *
   * @throws IllegalArgumentException if a modifier is unknown
   */
  static String tone(String modifiers) {
    List<String> names = names(modifiers);
    return Grammar.list(names) + (names.size() == 1 ? " skin tone" : " skin tones");
  }

  /**
   * A phrase of people with that skin: "a man with dark skin", "a man with a hat and dark skin", "two men, light and
   * dark skin tones".
   */
  static String with(String phrase, String modifiers) {
    List<String> names = names(modifiers);
    if (!phrase.contains(" with ")) {
      return phrase + " with " + Grammar.list(names) + " skin";
    }
    return names.size() == 1 ? phrase + " and " + names.getFirst() + " skin" : phrase + ", " + tone(modifiers);
  }

  private static List<String> names(String modifiers) {
    List<String> names = new ArrayList<>();
    for (String modifier : modifiers.split("-")) {
      String name = NAMES.get(modifier);
      if (name == null) {
        throw new IllegalArgumentException(
            "the skin tone " + modifiers + " has the modifier " + modifier + ", must be one of 1F3FB to 1F3FF");
      }
      if (!names.contains(name)) {
        names.add(name);
      }
    }
    return names;
  }
}
