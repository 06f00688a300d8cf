package dev.langevin.training.data.emoji;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Phrases for what an emoji shows: those of the tables, or else those that follow from its name. */
final class EmojiPhrases {

  private final PhraseTable table = new PhraseTable();
  private final FlagPhrases flags = new FlagPhrases();

  /** At least one, the canonical one first, with articles. */
  List<String> of(EmojiEntry entry) {
    if (FlagPhrases.isCountry(entry)) {
      return flags.of(entry);
    }
    List<String> told = table.phrases(entry.shortName());
    List<String> named = NamePhrases.of(entry.name());
    if (told.isEmpty() && named.size() > 1) {
      return named;
    }
    Set<String> phrases = new LinkedHashSet<>();
    for (String phrase : told.isEmpty() ? List.of(PhraseTable.NAME) : told) {
      phrases.addAll(phrase.equals(PhraseTable.NAME) ? named : List.of(phrase));
    }
    if (told.isEmpty()) {
      entry.shortNames().forEach(name -> phrases.add(Grammar.withArticle(name.replace('_', ' '))));
    }
    return List.copyOf(phrases);
  }

  /** Short names that the tables have rows for. */
  Set<String> shortNames() {
    Set<String> names = new TreeSet<>(table.shortNames());
    names.addAll(flags.shortNames());
    return names;
  }
}
