package dev.langevin.weights;

import java.nio.file.Path;
import java.util.Map;

/** A file whose tensors are seen otherwise than they lie in it; all else is the file's. */
interface WrappedFile extends WeightFile {

  /** As it lies on the disk; closed with this one. */
  WeightFile file();

  @Override
  default Path path() {
    return file().path();
  }

  @Override
  default String format() {
    return file().format();
  }

  @Override
  default Map<String, String> metadata() {
    return file().metadata();
  }

  @Override
  default String identity() {
    return file().identity();
  }

  @Override
  default void unload() {
    file().unload();
  }

  @Override
  default void requireUnchanged() {
    file().requireUnchanged();
  }

  @Override
  default void close() {
    file().close();
  }
}
