package dev.langevin.training.data.emoji;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/** Flags of countries, from names as {@code Japan Flag}. */
final class FlagPhrases {

  private static final String ENDING = " Flag";

  /** Countries that English gives an article. */
  private static final Pattern ARTICLE =
      Pattern.compile(".*(?:Islands|Emirates|States|Kingdom|Republic|Nations|Union|Territory|Territories)"
          + "|(?:Caribbean )?Netherlands|Philippines|Bahamas|Gambia|Maldives|Comoros|Isle of Man");

  private static final List<String[]> SPELLINGS = List.of(new String[][] {
      {" & ", " and "}, {" - ", " "}, {" SAR China", ""}, {"U.S.", "US"}});

  private static final Pattern BRACKETS = Pattern.compile(" \\([^)]*\\)");

  private record Country(String adjective, List<String> names) {}

  private final Map<String, Country> countries = new HashMap<>();

  FlagPhrases() {
    for (List<String> row : TextTable.rows("flags.tsv", 3)) {
      List<String> names = row.get(2).equals("-") ? List.of() : List.of(row.get(2).split("; "));
      countries.put(row.get(0), new Country(row.get(1).equals("-") ? null : row.get(1), names));
    }
  }

  /** Whether the entry is the flag of a country or of a part of one. */
  static boolean isCountry(EmojiEntry entry) {
    return entry.subcategory().endsWith("-flag") && entry.name().endsWith(ENDING);
  }

  /** The canonical one first. */
  List<String> of(EmojiEntry entry) {
    String name = BRACKETS.matcher(entry.name().substring(0, entry.name().length() - ENDING.length())).replaceAll("");
    for (String[] spelling : SPELLINGS) {
      name = name.replace(spelling[0], spelling[1]);
    }
    Country country = countries.getOrDefault(entry.shortName(), new Country(null, List.of()));
    List<String> phrases =
        new ArrayList<>(List.of("the flag of " + (ARTICLE.matcher(name).matches() ? "the " : "") + name));
    if (country.adjective != null) {
      phrases.add("the " + country.adjective + " flag");
    }
    phrases.add("the " + name + " flag");
    country.names.forEach(other -> phrases.add("the flag of " + other));
    return phrases;
  }

  Set<String> shortNames() {
    return countries.keySet();
  }
}
