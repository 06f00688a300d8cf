package dev.langevin.training.data.emoji;

import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Which pictures keep their meaning in a mirror: not those of text, digits, clocks, arrows, flags, or of a left and a
 * right.
 */
final class Mirroring {

  private static final Set<String> FIXED_CATEGORIES = Set.of("Symbols", "Flags");
  private static final Set<String> FIXED_SUBCATEGORIES = Set.of("time");

  /** Words of names and captions that would be wrong of the mirrored picture. */
  private static final Pattern DIRECTED = Pattern.compile(
      "(?i)\\b(?:(?:left|right)(?:wards)?|(?:anti|counter)?clockwise|letters?|word|number)\\b|\\d");

  private final Set<String> fixed = TextTable.lines("fixed.txt").stream().flatMap(line -> Stream.of(line.split(" ")))
      .collect(Collectors.toUnmodifiableSet());

  boolean allowed(EmojiEntry entry, List<String> captions) {
    return !FIXED_CATEGORIES.contains(entry.category()) && !FIXED_SUBCATEGORIES.contains(entry.subcategory())
        && !fixed.contains(entry.shortName()) && !DIRECTED.matcher(entry.name()).find()
        && captions.stream().noneMatch(caption -> DIRECTED.matcher(caption).find());
  }

  /** Short names that are told one by one. */
  Set<String> shortNames() {
    return fixed;
  }
}
