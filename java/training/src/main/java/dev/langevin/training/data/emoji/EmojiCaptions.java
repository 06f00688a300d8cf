package dev.langevin.training.data.emoji;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * Captions of emoji pictures, several each. The canonical phrase stands in all templates, every other one as it is and
 * in one template drawn by the seed: so half of the captions or more are what people type, and the rest teaches that
 * "an icon of" changes nothing. Pictures with a skin tone name it in every caption; those without one are yellow and
 * say nothing of it.
 */
public final class EmojiCaptions {

  /** Words of what one calls "... emoji": a red apple, but not a hand with the index finger and thumb crossed. */
  private static final int LONGEST_NAME = 3;

  private final EmojiPhrases phrases = new EmojiPhrases();
  private final Mirroring mirroring = new Mirroring();
  private final List<String> templates = TextTable.lines("templates.txt");
  private final Map<String, List<String>> kinds = new HashMap<>();
  private final long seed;

  /**
   * Loads the tables that captions are made of.
   *
   * @param seed of the templates that are drawn
   */
  public EmojiCaptions(long seed) {
    this.seed = seed;
    for (List<String> row : TextTable.rows("kinds.tsv", 2)) {
      kinds.put(row.get(0), List.of(row.get(1).split(", ")));
    }
  }

  /**
   * The captions of a picture.
   *
   * @return different ones, the canonical one first
   */
  public List<String> of(EmojiEntry entry, EmojiEntry.Picture picture) {
    List<String> bare = phrases.of(entry);
    List<String> shown = new ArrayList<>(bare);
    if (!picture.skinTone().isEmpty()) {
      String tone = ", " + SkinTones.tone(picture.skinTone());
      shown.clear();
      shown.add(bare.getFirst() + tone);
      shown.add(SkinTones.with(bare.getFirst(), picture.skinTone()));
      for (int i = 1; i < bare.size(); i++) {
        shown.add(i % 2 == 1 ? SkinTones.with(bare.get(i), picture.skinTone()) : bare.get(i) + tone);
      }
    }
    List<String> kind = kinds.getOrDefault(entry.subcategory(), kinds.getOrDefault(entry.category(), List.of()));
    SplittableRandom random = new SplittableRandom(seed * 31 + picture.file().hashCode());
    Set<String> captions = new LinkedHashSet<>();
    for (String template : templates) {
      add(captions, template, shown.getFirst(), kind);
    }
    for (String phrase : shown.subList(1, shown.size())) {
      captions.add(phrase);
      add(captions, templates.get(random.nextInt(1, templates.size())), phrase, kind);
    }
    return List.copyOf(captions);
  }

  /** A phrase with an article in all templates that name no kind. */
  List<String> of(String phrase) {
    Set<String> captions = new LinkedHashSet<>();
    templates.forEach(template -> add(captions, template, phrase, List.of()));
    return List.copyOf(captions);
  }

  private static void add(Set<String> captions, String template, String phrase, List<String> kinds) {
    String bare = Grammar.withoutArticle(phrase);
    if (template.equals("{bare} emoji") && bare.split(" ").length > LONGEST_NAME) {
      return;
    }
    String filled = template.replace("{a}", phrase).replace("{bare}", bare);
    if (!template.contains("{kind}")) {
      captions.add(filled);
      return;
    }
    for (String kind : kinds) {
      if (!bare.contains(kind)) { // "red face, face" says nothing more
        captions.add(filled.replace("{kind}", kind));
      }
    }
  }

  /** Whether a picture of the entry may be mirrored without its captions becoming untrue. */
  public boolean mayBeMirrored(EmojiEntry entry) {
    return mirroring.allowed(entry, phrases.of(entry));
  }

  /** Short names that the tables name, all of which the package should have. */
  Set<String> shortNames() {
    Set<String> names = phrases.shortNames();
    names.addAll(mirroring.shortNames());
    return names;
  }
}
