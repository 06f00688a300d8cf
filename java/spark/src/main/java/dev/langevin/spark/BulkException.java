package dev.langevin.spark;

import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What ends a job, in one sentence for its user: a full disk, a model that is not there. */
public final class BulkException extends RuntimeException {

  private static final long serialVersionUID = 1;

  BulkException(String message, Throwable cause) {
    super(message, cause);
  }

  BulkException(String message) {
    super(message);
  }

  /**
   * What a task threw, of what Spark says of the job that it ended.
   *
   * @return with the task's sentence, or null if the job ended otherwise
   */
  static BulkException of(Throwable failure) {
    for (Throwable cause = failure; cause != null; cause = cause.getCause()) {
      if (cause instanceof BulkException own) {
        return own;
      }
    }
    // An executor's exception may arrive as a text alone.
    Matcher told = Pattern.compile(Pattern.quote(BulkException.class.getName()) + ": ([^\n]*)")
        .matcher(String.valueOf(failure.getMessage()));
    return told.find() ? new BulkException(told.group(1), failure) : null;
  }
}
