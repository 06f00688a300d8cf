package dev.langevin.cli;

import java.io.IOException;
import java.io.InputStream;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.stream.Stream;

/**
 * What tells a model from others of its name: the first ten hexadecimal digits of a file's SHA-256, as web UIs have it.
 * Of a folder it is the SHA-256 of its files' digests, the 32 bytes of each, in the order of their names; hidden files
 * do not count. A file's digest is kept by its path, size and time, as reading gigabytes takes seconds.
 */
final class ModelHash {

  private static final int DIGITS = 10;

  private static final char BETWEEN = '\t';

  private final CacheLines kept;

  ModelHash(CacheLines kept) {
    this.kept = kept;
  }

  /** One that keeps its digests in the user's cache folder. */
  static ModelHash usual() {
    return new ModelHash(new CacheLines(CacheLines.usualFolder(), "model-digests"));
  }

  /** Begins to compute on a thread of its own, which gives way to others and to the end of the process. */
  CompletableFuture<String> begin(Path model) {
    CompletableFuture<String> result = new CompletableFuture<>();
    Thread thread = Thread.ofPlatform().daemon().name("model-hash").priority(Thread.MIN_PRIORITY).unstarted(() -> {
      try {
        result.complete(of(model));
      } catch (IOException | RuntimeException e) {
        result.completeExceptionally(e);
      }
    });
    thread.start();
    return result;
  }

  /** The result, or null where the model could not be read, which is told once. */
  static String get(CompletableFuture<String> begun) {
    try {
      return begun.join();
    } catch (CompletionException e) {
      Messages.warn("the model's hash is not recorded: " + e.getCause());
      return null;
    }
  }

  /**
   * The ten digits.
   *
   * @throws IOException if a file cannot be read
   */
  String of(Path model) throws IOException {
    if (!Files.isDirectory(model)) {
      return digest(model).substring(0, DIGITS);
    }
    MessageDigest all = sha256();
    for (Path file : files(model)) {
      all.update(HexFormat.of().parseHex(digest(file)));
    }
    return HexFormat.of().formatHex(all.digest()).substring(0, DIGITS);
  }

  private static List<Path> files(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder, FileVisitOption.FOLLOW_LINKS)) {
      return files.filter(file -> Files.isRegularFile(file) && !isHidden(folder.relativize(file)))
          .sorted((a, b) -> folder.relativize(a).toString().compareTo(folder.relativize(b).toString())).toList();
    } catch (java.io.UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private static boolean isHidden(Path relative) {
    for (Path name : relative) {
      if (name.toString().startsWith(".")) {
        return true;
      }
    }
    return false;
  }

  /** A file's SHA-256 in hexadecimal. */
  private String digest(Path file) throws IOException {
    String state = state(file);
    for (String line : kept.read()) {
      if (line.endsWith(state) && line.length() == 64 + state.length()) {
        return line.substring(0, 64);
      }
    }
    MessageDigest digest = sha256();
    byte[] chunk = new byte[1 << 20];
    try (InputStream in = Files.newInputStream(file)) {
      for (int count = in.read(chunk); count >= 0; count = in.read(chunk)) {
        digest.update(chunk, 0, count);
      }
    }
    String hex = HexFormat.of().formatHex(digest.digest());
    if (state.equals(state(file))) { // else it was written meanwhile
      kept.add(hex + state, BETWEEN + path(file));
    }
    return hex;
  }

  private static String state(Path file) throws IOException {
    return BETWEEN + Long.toString(Files.size(file)) + BETWEEN + Files.getLastModifiedTime(file).to(
        java.util.concurrent.TimeUnit.NANOSECONDS) + BETWEEN + path(file);
  }

  private static String path(Path file) throws IOException {
    return file.toRealPath().toString();
  }

  private static MessageDigest sha256() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java runtime has SHA-256", e);
    }
  }
}
