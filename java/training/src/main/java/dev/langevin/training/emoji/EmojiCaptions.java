package dev.langevin.training.emoji;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * What people might write to get a picture: its name and short names in plain words with an article, with its group, and with other
 * words for the same. The first caption is the plainest.
 */
public final class EmojiCaptions {

  /** Groups of pictures that a mirror would spoil, and words that say which way a picture points. */
  private static final Set<String> DIRECTED_GROUPS = Set.of("Flags", "Symbols");
  private static final Pattern DIRECTED = Pattern.compile(
      ".*\\b(left|right|rightwards|leftwards|clock|oclock|letter|letters|sign|symbol|keycap|japanese|calendar|chart|button|squared|facing"
          + "|numbers|input|back|soon|end|top|on|keyboard|number)\\b.*");

  /** Names of things that come in numbers or without one. */
  private static final Pattern NO_ARTICLE = Pattern.compile(
      ".*(s|rice|bread|bacon|cheese|butter|honey|tea|milk|sushi|spaghetti|rain|snow|fire|water|wind|fog|lightning|money|paper|hair|love|music|smoke)$"
          + "|(the|two|one|three|four|five|six|seven|eight|nine|ten|no|some) .*|hello|victory|.* of .*party");
  private static final Pattern STILL_ONE = Pattern.compile(".*(ss|us|is|bus|compass|cactus|octopus|walrus|glass|dress|cross|grapes)$");

  private final Map<String, List<String>> synonyms;

  /** Reads the table of other words. */
  public EmojiCaptions() {
    try (BufferedReader lines = new BufferedReader(new InputStreamReader(
        EmojiCaptions.class.getResourceAsStream("synonyms.tsv"), StandardCharsets.UTF_8))) {
      synonyms = lines.lines().filter(line -> !line.isBlank() && !line.startsWith("#")).map(line -> line.split("\t"))
          .collect(Collectors.toMap(parts -> parts[0], parts -> List.of(parts[1].split("; *"))));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** All captions of a picture, the plainest first, each once. */
  public List<String> of(Emoji emoji) {
    Set<String> names = new LinkedHashSet<>();
    if (emoji.category().equals("Flags") && emoji.name().endsWith(" Flag")) {
      String country = emoji.name().substring(0, emoji.name().length() - " Flag".length()).toLowerCase(Locale.ROOT);
      names.add("flag of " + country);
      names.add(country + " flag");
    } else {
      String name = plain(emoji.name());
      String usual = plain(emoji.shortNames().getFirst());
      // the shorter of the two is what people say: "red apple" beside "apple", "smile" beside a line of description
      names.add(name.split(" ").length <= 3 || usual.length() < 3 ? name : usual);
      names.add(name);
      emoji.shortNames().forEach(shortName -> names.add(plain(shortName)));
      new ArrayList<>(names).forEach(known -> names.addAll(synonyms.getOrDefault(known, List.of())));
    }
    names.removeIf(name -> name.length() < 2);
    String skin = emoji.skin().isEmpty() ? "" : " with " + emoji.skin();
    String group = emoji.category().toLowerCase(Locale.ROOT).replace("&", "and");
    Set<String> captions = new LinkedHashSet<>();
    for (String name : names) {
      String thing = withArticle(name) + skin;
      captions.add(thing);
      captions.add(name + skin);
      captions.add("emoji of " + thing);
    }
    String first = names.iterator().next() + skin;
    captions.add(first + ", " + group);
    captions.add("a picture of " + withArticle(names.iterator().next()) + skin);
    return List.copyOf(captions);
  }

  /** Whether a mirrored picture means the same. */
  public boolean flippable(Emoji emoji) {
    return !DIRECTED_GROUPS.contains(emoji.category()) && !DIRECTED.matcher(plain(emoji.name())).matches();
  }

  private static String plain(String name) {
    return name.toLowerCase(Locale.ROOT).replaceAll("[_:\\-]+", " ").replaceAll("[“”\"(),.!’']", "").replaceAll("\\s+", " ").strip();
  }

  private static String withArticle(String name) {
    if (NO_ARTICLE.matcher(name).matches() && !STILL_ONE.matcher(name).matches() || name.matches("(flag of|an?) .*|.* flag")) {
      return name;
    }
    return (name.matches("[aeio].*|u(m|n[^i]|p|r).*") ? "an " : "a ") + name;
  }
}
