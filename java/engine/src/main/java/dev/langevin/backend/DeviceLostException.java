package dev.langevin.backend;

/**
 * A device has failed: what its memory held is lost, and plans made on it compute nothing any more
 * ({@link Block#lost}). The next that is made on the backend begins anew. The message is a sentence with the driver's
 * words and the remedy.
 */
public final class DeviceLostException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /**
   * In one sentence: which device failed at what, and what to do; the cause is the driver's error or an earlier
   * failure.
   */
  public DeviceLostException(String message, Throwable cause) {
    super(message, cause);
  }
}
