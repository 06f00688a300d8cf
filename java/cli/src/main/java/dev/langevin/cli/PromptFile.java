package dev.langevin.cli;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** A file of prompts, one a line: UTF-8, or UTF-16 where a byte order mark says so; else it is refused by name. */
final class PromptFile {

  private PromptFile() {}

  /**
   * The lines without a byte order mark.
   *
   * @throws IllegalArgumentException if the bytes are of no such encoding, as Latin-1's mostly are
   * @throws IOException if it cannot be read
   */
  static List<String> lines(Path file) throws IOException {
    byte[] bytes = Files.readAllBytes(file);
    Charset charset = startsWith(bytes, 0xff, 0xfe) || startsWith(bytes, 0xfe, 0xff) ? StandardCharsets.UTF_16
        : StandardCharsets.UTF_8; // Java's UTF-16 reads the mark itself
    try {
      String text = charset.newDecoder().decode(ByteBuffer.wrap(bytes)).toString();
      return (text.startsWith("\ufeff") ? text.substring(1) : text).lines().toList();
    } catch (CharacterCodingException e) {
      throw new IllegalArgumentException(file + ": is not " + charset
          + "; if it is Latin-1 or Windows-1252, convert it first, as with iconv -f WINDOWS-1252 -t UTF-8", e);
    }
  }

  private static boolean startsWith(byte[] bytes, int first, int second) {
    return bytes.length >= 2 && (bytes[0] & 255) == first && (bytes[1] & 255) == second;
  }
}
