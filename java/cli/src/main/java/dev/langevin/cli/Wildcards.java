package dev.langevin.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Draws prompts: {@code {a|b}} is one of its choices, {@code __name__} a line of {@code name.txt}, nested at will. The
 * same seed draws the same. A backslash keeps a brace.
 */
final class Wildcards {

  /** A prompt to make pictures of. */
  record Drawn(String prompt, String negative, int count, long seed) {}

  private static final Pattern NAME = Pattern.compile("__([\\p{L}\\p{N}./ -]+(?:_[\\p{L}\\p{N}./ -]+)*)__");

  private static final int DEEPEST = 32;

  private static final int LONGEST = 100_000;

  private static final int MOST = 10_000;

  private final Path folder;
  private final SplittableRandom random;
  private int drawn;

  private Wildcards(Path folder, long seed) {
    this.folder = folder;
    this.random = new SplittableRandom(seed);
  }

  /**
   * Prompts for so many pictures: each picture's own where there is a folder, else one for all.
   *
   * @param folder or null
   * @param negative or null
   * @throws IllegalArgumentException if there is no file of a name, or choices refer to themselves
   */
  static List<Drawn> draw(Path folder, String prompt, String negative, int count, long seed) throws IOException {
    if (folder == null) {
      return List.of(new Drawn(prompt, negative, count, seed));
    }
    List<Drawn> drawn = new ArrayList<>();
    for (int k = 0; k < count; k++) {
      Wildcards wildcards = new Wildcards(folder, seed + k);
      String text = wildcards.text(prompt, 0);
      drawn.add(new Drawn(text, negative == null ? null : wildcards.text(negative, 0), 1, seed + k));
    }
    return drawn;
  }

  private String text(String text, int depth) throws IOException {
    if (depth > DEEPEST || text.length() > LONGEST || ++drawn > MOST) {
      throw new IllegalArgumentException("the prompt's wildcards have no end: they come to more than " + DEEPEST
          + " within each other, " + MOST + " in all, or a text of " + LONGEST + " letters; draw from less");
    }
    StringBuilder written = new StringBuilder();
    Matcher name = NAME.matcher(text);
    for (int i = 0; i < text.length();) {
      char c = text.charAt(i);
      int end = c == '{' ? end(text, i) : -1;
      if (c == '\\' && i + 1 < text.length() && "{}".indexOf(text.charAt(i + 1)) >= 0) {
        written.append(text.charAt(i + 1));
        i += 2;
      } else if (end > 0) {
        written.append(text(choice(text.substring(i + 1, end)), depth + 1));
        i = end + 1;
      } else if (c == '_' && name.region(i, text.length()).lookingAt()) {
        written.append(text(line(name.group(1)), depth + 1));
        i = name.end();
      } else {
        written.append(c);
        i++;
      }
    }
    return written.toString();
  }

  /** The brace that closes the one at a place, or -1. */
  private static int end(String text, int open) {
    int depth = 0;
    for (int i = open; i < text.length(); i++) {
      if (text.charAt(i) == '\\') {
        i++;
      } else if (text.charAt(i) == '{') {
        depth++;
      } else if (text.charAt(i) == '}' && --depth == 0) {
        return i;
      }
    }
    return -1;
  }

  private String choice(String choices) {
    if (choices.contains("$$")) {
      throw new IllegalArgumentException(
          "the prompt's {" + choices + "} asks for several of its choices; one is drawn here, write {a|b}");
    }
    List<String> each = new ArrayList<>();
    int depth = 0;
    int from = 0;
    for (int i = 0; i < choices.length(); i++) {
      switch (choices.charAt(i)) {
        case '\\' -> i++;
        case '{' -> depth++;
        case '}' -> depth--;
        case '|' -> {
          if (depth == 0) {
            each.add(choices.substring(from, i));
            from = i + 1;
          }
        }
        default -> { // text
        }
      }
    }
    each.add(choices.substring(from));
    return each.get(random.nextInt(each.size()));
  }

  private String line(String name) throws IOException {
    Path file = folder.resolve(name + ".txt").normalize();
    if (!file.startsWith(folder.normalize()) || !Files.isRegularFile(file)) {
      throw new IllegalArgumentException(
          "the prompt's __" + name + "__: there is no " + name + ".txt in --wildcard-dir " + folder
              + "; put it there, or leave the wildcard away");
    }
    List<String> lines = PromptFile.lines(file).stream().map(String::strip)
        .filter(line -> !line.isEmpty() && !line.startsWith("#")).toList();
    if (lines.isEmpty()) {
      throw new IllegalArgumentException(file + " holds no line to draw; write one a choice");
    }
    return lines.get(random.nextInt(lines.size()));
  }
}
