package dev.langevin.weights;

import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** What a file holds, by its first bytes: the formats of weights, and what people often have in their place. */
enum FileFormat {
  SAFETENSORS,
  /** Zip archives and pickles. */
  CHECKPOINT,
  OTHER;

  private static final int START_BYTES = 64;

  static FileFormat of(Path path) {
    if (!Files.isRegularFile(path)) {
      throw new WeightsException(path + ": there is no such file");
    }
    try (InputStream in = Files.newInputStream(path)) {
      return of(in.readNBytes(START_BYTES));
    } catch (IOException e) {
      throw new WeightsException(path + ": cannot be read: " + e, e);
    }
  }

  private static FileFormat of(byte[] start) {
    if (start.length > 8 && start[8] == '{' && start[7] == 0) {
      return SAFETENSORS; // before pickles: a header length of 640 bytes begins as they do
    }
    String text = new String(start, StandardCharsets.ISO_8859_1);
    return text.startsWith("PK\u0003\u0004")
        || start.length > 1 && start[0] == (byte) 0x80 && start[1] >= 2 && start[1] <= 5 ? CHECKPOINT : OTHER;
  }

  /**
   * Refuses a file that is recognised as something else.
   *
   * @throws WeightsException naming what the file is
   */
  void require(Path path, MemorySegment file) {
    byte[] start = file.asSlice(0, Math.min(file.byteSize(), START_BYTES)).toArray(ValueLayout.JAVA_BYTE);
    String text = new String(start, StandardCharsets.ISO_8859_1);
    String lower = text.stripLeading().toLowerCase(Locale.ROOT);
    String wanted = this == SAFETENSORS ? "a safetensors file" : "a torch checkpoint";
    FileFormat actual = of(start);
    if (start.length == 0) {
      throw new WeightsException(path + ": is empty; download the file again");
    }
    if (text.startsWith("version https://git-lfs")) {
      throw new WeightsException(path + ": is a git-lfs pointer, not the weights; run 'git lfs pull' in its folder");
    }
    if (lower.startsWith("<!doctype") || lower.startsWith("<html") || lower.startsWith("<?xml")) {
      throw new WeightsException(path + ": is a web page, not " + wanted + "; download the file itself");
    }
    if (text.chars().allMatch(c -> c >= ' ' && c <= '~' || Character.isWhitespace(c))) {
      throw new WeightsException(path + ": is text, not " + wanted + "; it begins with '"
          + text.strip().lines().findFirst().orElse("") + "'");
    }
    if (actual != this && actual != OTHER) {
      throw new WeightsException(
          path + ": is " + (actual == SAFETENSORS ? "a safetensors file" : "a pickled torch checkpoint")
              + ", not " + wanted);
    }
  }
}
