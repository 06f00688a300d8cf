package dev.langevin.tensor;

import java.nio.file.Path;

/** A file was written to or truncated while it was read; what came of it is not used. */
public final class ChangedFileException extends RuntimeException {

  private static final long serialVersionUID = 1L;

  ChangedFileException(Path path) {
    super(path + ": was changed while it was read; put it back as it was, or load the model again");
  }
}
