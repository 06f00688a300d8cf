package dev.langevin.hub;

import dev.langevin.hub.HubException.Reason;
import java.util.regex.Pattern;

/**
 * The name of a model on the hub, written {@code hf:OWNER/NAME} or {@code hf:OWNER/NAME@REVISION}.
 *
 * @param repository owner and name with a slash between
 * @param revision a branch, a tag or a commit; {@code main} where none is written
 */
public record ModelReference(String repository, String revision) {

  /** What such a name begins with where a path could stand too. */
  public static final String PREFIX = "hf:";

  private static final String USUAL = "main";

  private static final Pattern COMMIT = Pattern.compile("[0-9a-f]{40}");

  /** As huggingface_hub has it: a name becomes a folder's, where {@code --} stands for the slash. */
  private static final Pattern PART = Pattern.compile("[a-zA-Z0-9_](?:[a-zA-Z0-9._-]*[a-zA-Z0-9_])?");

  private static final int LONGEST = 96;

  /** Parts of a revision, which becomes a path below {@code refs}. */
  private static final Pattern REVISION = Pattern.compile("[^/\\\\\\p{Cntrl}\\s]+(?:/[^/\\\\\\p{Cntrl}\\s]+)*");

  /** Whether a text in a path's place names a model of the hub. */
  public static boolean isOne(String text) {
    return text.startsWith(PREFIX);
  }

  /**
   * Reads a name, with or without {@code hf:}.
   *
   * @throws HubException if it is none
   */
  public static ModelReference parse(String text) throws HubException {
    String name = isOne(text) ? text.substring(PREFIX.length()) : text;
    int at = name.indexOf('@');
    String repository = at < 0 ? name : name.substring(0, at);
    String revision = at < 0 ? USUAL : name.substring(at + 1);
    String[] parts = repository.split("/", -1);
    boolean named = parts.length == 2 && repository.length() <= LONGEST && PART.matcher(parts[0]).matches()
        && PART.matcher(parts[1]).matches() && !repository.contains("--") && !repository.contains("..")
        && !repository.endsWith(".git");
    if (!named) {
      throw new HubException(Reason.ARGUMENT, "'" + text + "' names no model of the hub; write " + PREFIX
          + "OWNER/NAME or " + PREFIX + "OWNER/NAME@REVISION, for example " + PREFIX + "stabilityai/sd-turbo");
    }
    boolean within = REVISION.matcher(revision).matches();
    for (String part : revision.split("/", -1)) {
      within &= !part.startsWith(".") && !part.endsWith(".lock");
    }
    if (!within) {
      throw new HubException(Reason.ARGUMENT,
          "'" + text + "' has the revision '" + revision + "', must be a branch, a tag or a commit");
    }
    return new ModelReference(repository, revision);
  }

  /** Whether the revision is a commit, whose files never change. */
  boolean isCommit() {
    return COMMIT.matcher(revision).matches();
  }

  static boolean isCommit(String text) {
    return text != null && COMMIT.matcher(text).matches();
  }

  /** As one writes it, without the usual revision. */
  @Override
  public String toString() {
    return PREFIX + repository + (revision.equals(USUAL) ? "" : "@" + revision);
  }
}
