package dev.langevin.training.data.emoji;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What an emoji's name in {@code emoji.json} says, as people would: those that come in series by rule, others as they
 * are.
 */
final class NamePhrases {

  private static final Pattern CLOCK = Pattern.compile("clock face (\\w+)(?: |-)(oclock|thirty)");
  private static final Pattern PEOPLE = Pattern.compile("(family|kiss|couple with heart): (.+)");
  private static final Pattern CHILDREN = Pattern.compile("boy|girl|child");

  /** What Unicode says of a character's drawing, not of what it shows. */
  private static final Pattern DRAWING = Pattern.compile("^(?:negative )?(?:squared|heavy) | (?:symbol|sign)$");

  private NamePhrases() {}

  /** The canonical one first. */
  static List<String> of(String name) {
    String lower = name.toLowerCase(Locale.ROOT);
    Matcher clock = CLOCK.matcher(lower);
    if (clock.matches()) {
      return clock(clock.group(1), clock.group(2).equals("thirty"));
    }
    Matcher people = PEOPLE.matcher(lower);
    if (people.matches()) {
      return people(people.group(1), List.of(people.group(2).split(", ")));
    }
    return List.of(Grammar.withArticle(DRAWING.matcher(lower).replaceAll("")));
  }

  private static List<String> clock(String hour, boolean half) {
    String time = half ? "half past " + hour : hour + " o'clock";
    List<String> phrases = new ArrayList<>(List.of("a clock showing " + time, "a clock face at " + time, time));
    if (half) {
      phrases.add("a clock at " + hour + " thirty");
    }
    return phrases;
  }

  private static List<String> people(String what, List<String> members) {
    Map<String, Integer> counts = new LinkedHashMap<>();
    members.forEach(member -> counts.merge(member, 1, Integer::sum));
    List<String> counted = new ArrayList<>();
    counts.forEach((member, count) -> counted.add(Grammar.counted(count, member)));
    String all = Grammar.list(counted);
    return switch (what) {
      case "kiss" -> List.of(all + " kissing", "a kiss of " + all, "a couple kissing");
      case "couple with heart" -> List.of(all + " with a heart", all + " in love", "a couple in love");
      default -> List.of("a family of " + all, all, "a family with "
          + Grammar.list(counted.stream().filter(member -> CHILDREN.matcher(member).find()).toList()));
    };
  }
}
