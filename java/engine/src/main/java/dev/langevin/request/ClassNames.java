package dev.langevin.request;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.BiPredicate;
import java.util.stream.Collectors;

/**
 * What the classes of a model are called: {@code id2label} of its {@code model_index.json}, as diffusers' DiT has it.
 * Immutable.
 *
 * @param names by number; classes without a name are left out
 */
public record ClassNames(SortedMap<Long, String> names) {

  /** Of a model that names none. */
  public static final ClassNames NONE = new ClassNames(new TreeMap<>());

  /** Names that a message or a report holds. */
  private static final int SHOWN = 20;

  /** A copy of the names. */
  public ClassNames {
    names = Collections.unmodifiableSortedMap(new TreeMap<>(names));
  }

  /**
   * Reads a configuration's entry.
   *
   * @param id2label names by numbers, the numbers as texts; null for none
   * @throws IllegalArgumentException naming an entry that is no number and name
   */
  public static ClassNames of(Map<?, ?> id2label) {
    SortedMap<Long, String> read = new TreeMap<>();
    if (id2label != null) {
      id2label.forEach((number, name) -> {
        if (!String.valueOf(number).matches("\\d{1,9}") || !(name instanceof String text) || text.isBlank()) {
          throw new IllegalArgumentException("id2label: '" + number + "' is '" + name
              + "', must be a class's number and its name");
        }
        read.put(Long.parseLong(String.valueOf(number)), text);
      });
    }
    return new ClassNames(read);
  }

  /**
   * The class of a number or a name: the whole name, in any case where that is clear, or one of several that commas
   * part, as ImageNet has them. What is a whole number is never taken for a name.
   *
   * @throws IllegalArgumentException if there is no such class, or more than one, naming those that there are
   */
  public long label(String numberOrName) {
    String asked = numberOrName.strip();
    if (asked.matches("[-+]?\\d{1,18}")) {
      return Long.parseLong(asked);
    }
    List<BiPredicate<String, String>> likenesses = List.of(String::equals, String::equalsIgnoreCase,
        (name, text) -> List.of(name.toLowerCase(Locale.ROOT).split("\\s*,\\s*"))
            .contains(text.toLowerCase(Locale.ROOT)));
    for (BiPredicate<String, String> alike : likenesses) {
      List<Long> found = new ArrayList<>();
      names.forEach((number, name) -> {
        if (alike.test(name, asked)) {
          found.add(number);
        }
      });
      if (found.size() > 1) {
        throw new IllegalArgumentException("the classes " + found + " are all called '" + asked
            + "'; give the number of one");
      }
      if (!found.isEmpty()) {
        return found.getFirst();
      }
    }
    throw new IllegalArgumentException("there is no class called '" + asked + "'; " + (names.isEmpty()
        ? "the model names none, give a number" : "there are " + shown()));
  }

  /** The first of them with their numbers, for people. */
  public String shown() {
    return names.entrySet().stream().limit(SHOWN).map(entry -> entry.getKey() + " " + entry.getValue())
        .collect(Collectors.joining("; ")) + (names.size() > SHOWN ? "; and " + (names.size() - SHOWN) + " more" : "");
  }
}
