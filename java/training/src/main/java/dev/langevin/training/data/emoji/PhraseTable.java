package dev.langevin.training.data.emoji;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** What emojis are called in prompts, by short name: the tables that people wrote. */
final class PhraseTable {

  /** Stands for the phrase that the name gives. */
  static final String NAME = "*";

  private static final List<String> FILES =
      List.of("smileys.tsv", "hands.tsv", "animals.tsv", "food.tsv", "places.tsv", "activities.tsv",
          "objects.tsv", "symbols.tsv");

  private final Map<String, List<String>> phrases = new HashMap<>();

  PhraseTable() {
    for (String file : FILES) {
      for (List<String> row : TextTable.rows(file, 2)) {
        put(file, row.get(0), row.get(1));
      }
    }
    for (List<String> row : TextTable.rows("people.tsv", 4)) {
      put("people.tsv", row.get(0), inPeople(row.get(3), "a person", "a", "person", "a"));
      put("people.tsv", row.get(1), inPeople(row.get(3), "a man", "a man", "man", "a male"));
      put("people.tsv", row.get(2), inPeople(row.get(3), "a woman", "a woman", "woman", "a female"));
    }
  }

  private static String inPeople(String row, String who, String sex, String one, String gender) {
    String filled = row.replace("{who}", who).replace("{sex}", sex).replace("{one}", one).replace("{gender}", gender);
    return Stream.of(filled.split("; ")).map(Grammar::article).collect(Collectors.joining("; "));
  }

  private void put(String file, String shortName, String row) {
    List<String> split = Stream.of(row.split("; ")).distinct().toList();
    if (phrases.put(shortName, split) != null) {
      throw new IllegalStateException(file + ": " + shortName + " has a row already");
    }
  }

  /** The canonical one first; empty where only the name is known. */
  List<String> phrases(String shortName) {
    return phrases.getOrDefault(shortName, List.of());
  }

  Set<String> shortNames() {
    return phrases.keySet();
  }
}
