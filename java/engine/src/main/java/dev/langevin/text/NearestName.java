package dev.langevin.text;

import java.util.Collection;
import java.util.Locale;
import java.util.TreeSet;

/** What somebody meant who wrote a name that does not exist. */
public final class NearestName {

  /** Differences that a slip may make, one for so many letters. */
  private static final int LETTERS = 3;

  private NearestName() {}

  /** {@return the name that differs least from what was written, or null where each is another word} */
  public static String find(String written, Collection<String> known) {
    String best = null;
    int least = Math.max(2, written.length() / LETTERS) + 1;
    for (String each : new TreeSet<>(known)) {
      int distance = distance(written.toLowerCase(Locale.ROOT), each.toLowerCase(Locale.ROOT));
      if (distance < least) {
        least = distance;
        best = each;
      }
    }
    return best;
  }

  /** "did you mean ...?", or the names that there are. */
  public static String advice(String written, Collection<String> known) {
    String best = find(written, known);
    return best == null ? "there are " + String.join(", ", new TreeSet<>(known)) : "did you mean " + best + "?";
  }

  /** Letters to insert, remove or replace (Levenshtein 1966). */
  private static int distance(String a, String b) {
    int[] row = new int[b.length() + 1];
    for (int j = 0; j <= b.length(); j++) {
      row[j] = j;
    }
    for (int i = 1; i <= a.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j <= b.length(); j++) {
        int above = row[j];
        int replaced = diagonal + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
        row[j] = Math.min(replaced, 1 + Math.min(above, row[j - 1]));
        diagonal = above;
      }
    }
    return row[b.length()];
  }
}
