package dev.langevin.training.data;

import java.util.Collection;
import java.util.stream.Collectors;

/** A set of pictures cannot be opened or read; the message names the file, the reason and the remedy. */
public final class DatasetException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  private static final int NAMED = 5;

  /** In one sentence: which file or record is at fault, and why. */
  public DatasetException(String message) {
    super(message);
  }

  /** In one sentence: which file or record is at fault, and why. */
  public DatasetException(String message, Throwable cause) {
    super(message, cause);
  }

  /** The first few of many names, and how many are left out. */
  public static String some(Collection<String> names) {
    String first = names.stream().limit(NAMED).collect(Collectors.joining(", "));
    return names.size() <= NAMED ? first : first + " and " + (names.size() - NAMED) + " more";
  }
}
