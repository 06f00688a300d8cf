package dev.langevin.image;

/** A picture cannot be read or written; the message names the file and the reason. */
public final class ImageFileException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  /** In one sentence that names the file. */
  public ImageFileException(String message, Throwable cause) {
    super(message, cause);
  }
}
