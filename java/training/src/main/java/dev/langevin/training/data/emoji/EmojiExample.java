package dev.langevin.training.data.emoji;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * A picture of the data set.
 *
 * @param captions the canonical one first
 */
record EmojiExample(EmojiEntry entry, EmojiEntry.Picture picture, List<String> captions, boolean mayBeMirrored) {

  /** Those of all emojis but what is left out, in order. */
  static List<EmojiExample> list(List<EmojiEntry> entries, EmojiCaptions captions) {
    Set<String> leftOut = leftOut();
    List<EmojiExample> examples = new ArrayList<>();
    for (EmojiEntry entry : entries) {
      boolean mirrored = captions.mayBeMirrored(entry);
      for (EmojiEntry.Picture picture : entry.pictures()) {
        if (!leftOut.contains(entry.shortName() + (picture.skinTone().isEmpty() ? "" : ":" + picture.skinTone()))) {
          examples.add(new EmojiExample(entry, picture, captions.of(entry, picture), mirrored));
        }
      }
    }
    return examples;
  }

  /** Short names, with a colon and the skin tone where there is one. */
  static Set<String> leftOut() {
    return TextTable.rows("left-out.tsv", 2).stream().map(List::getFirst).collect(Collectors.toUnmodifiableSet());
  }

  String file() {
    return picture.file();
  }

  /** A row of {@code metadata.jsonl}. */
  Map<String, Object> metadata() {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("file_name", file());
    row.put("text", captions);
    if (!mayBeMirrored) {
      row.put("flip", false);
    }
    row.put("short_name", entry.shortName());
    if (!picture.skinTone().isEmpty()) {
      row.put("skin_tone", picture.skinTone());
    }
    row.put("label", entry.category());
    row.put("subcategory", entry.subcategory());
    return row;
  }
}
