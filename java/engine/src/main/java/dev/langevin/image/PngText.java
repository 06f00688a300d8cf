package dev.langevin.image;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The texts in a PNG file: chunks tEXt, zTXt and iTXt (ISO/IEC 15948, section 11.3.3). */
public final class PngText {

  private static final byte[] SIGNATURE = {(byte) 0x89, 'P', 'N', 'G', '\r', '\n', 0x1a, '\n'};

  /** Signature and IHDR, which comes first. */
  private static final int AFTER_HEADER = 8 + 25;

  /** Most that a compressed text may grow to. */
  private static final int MOST_BYTES = 16 << 20;

  private PngText() {}

  /** The file's bytes with texts after its header: as tEXt where the letters are Latin-1's, else as iTXt. */
  static byte[] with(byte[] png, Map<String, String> texts) throws IOException {
    ByteArrayOutputStream result = new ByteArrayOutputStream();
    DataOutputStream out = new DataOutputStream(result);
    out.write(png, 0, AFTER_HEADER);
    for (Map.Entry<String, String> text : texts.entrySet()) {
      boolean latin = StandardCharsets.ISO_8859_1.newEncoder().canEncode(text.getValue());
      ByteArrayOutputStream chunk = new ByteArrayOutputStream();
      chunk.write((latin ? "tEXt" : "iTXt").getBytes(StandardCharsets.US_ASCII));
      chunk.write(text.getKey().getBytes(StandardCharsets.ISO_8859_1));
      chunk.write(new byte[latin ? 1 : 5]); // no compression, no language, no translated keyword
      chunk.write(text.getValue().getBytes(latin ? StandardCharsets.ISO_8859_1 : StandardCharsets.UTF_8));
      CRC32 crc = new CRC32();
      crc.update(chunk.toByteArray());
      out.writeInt(chunk.size() - 4);
      chunk.writeTo(out);
      out.writeInt((int) crc.getValue());
    }
    out.write(png, AFTER_HEADER, png.length - AFTER_HEADER);
    return result.toByteArray();
  }

  /**
   * Reads a file's texts by their keywords; the last of a keyword counts.
   *
   * @throws ImageFileException if it is missing, no PNG or damaged
   */
  public static Map<String, String> read(Path file) {
    byte[] bytes;
    try {
      bytes = Files.readAllBytes(file);
    } catch (IOException e) {
      throw new ImageFileException(file + ": cannot be read: " + e, e);
    }
    if (bytes.length < AFTER_HEADER || !Arrays.equals(bytes, 0, 8, SIGNATURE, 0, 8)) {
      throw new ImageFileException(file + ": is no PNG picture", null);
    }
    Map<String, String> texts = new LinkedHashMap<>();
    try {
      ByteBuffer in = ByteBuffer.wrap(bytes).position(8);
      while (in.hasRemaining()) {
        int length = in.getInt();
        byte[] type = new byte[4];
        in.get(type);
        if (length < 0 || length > in.remaining() - 4) {
          throw new ImageFileException(file + ": is cut off in a chunk of " + length + " bytes; copy the file again",
              null);
        }
        ByteBuffer data = in.slice(in.position(), length);
        in.position(in.position() + length + 4);
        text(new String(type, StandardCharsets.US_ASCII), data, texts);
      }
    } catch (BufferUnderflowException | DataFormatException e) {
      throw new ImageFileException(file + ": has a damaged text; copy the file again", e);
    }
    return texts;
  }

  private static void text(String type, ByteBuffer data, Map<String, String> texts) throws DataFormatException {
    switch (type) {
      case "tEXt" -> texts.put(untilZero(data), rest(data, false, StandardCharsets.ISO_8859_1));
      case "zTXt" -> {
        String keyword = untilZero(data);
        data.get(); // the method, of which there is one
        texts.put(keyword, rest(data, true, StandardCharsets.ISO_8859_1));
      }
      case "iTXt" -> {
        String keyword = untilZero(data);
        boolean compressed = data.get() != 0;
        data.get();
        untilZero(data); // language
        untilZero(data); // the keyword in it
        texts.put(keyword, rest(data, compressed, StandardCharsets.UTF_8));
      }
      default -> {}
    }
  }

  private static String untilZero(ByteBuffer data) {
    StringBuilder text = new StringBuilder();
    for (byte b = data.get(); b != 0; b = data.get()) {
      text.append((char) (b & 255));
    }
    return text.toString();
  }

  private static String rest(ByteBuffer data, boolean compressed, java.nio.charset.Charset charset)
      throws DataFormatException {
    byte[] bytes = new byte[data.remaining()];
    data.get(bytes);
    return new String(compressed ? inflated(bytes) : bytes, charset);
  }

  private static byte[] inflated(byte[] bytes) throws DataFormatException {
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(bytes);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] chunk = new byte[4096];
      while (!inflater.finished()) {
        int count = inflater.inflate(chunk);
        if (count == 0 || out.size() > MOST_BYTES) {
          throw new DataFormatException();
        }
        out.write(chunk, 0, count);
      }
      return out.toByteArray();
    }
  }
}
