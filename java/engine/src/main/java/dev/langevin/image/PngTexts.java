package dev.langevin.image;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.util.zip.DataFormatException;
import java.util.zip.Inflater;

/** The texts in a PNG file (ISO/IEC 15948, section 11.3.3), wherever among its chunks they lie. */
final class PngTexts {

  private static final long SIGNATURE = 0x89504e470d0a1a0aL;

  /** Length, type and checksum. */
  private static final int AROUND_DATA = 12;

  /** Letters of a keyword at most, by the standard. */
  private static final int LONGEST_KEYWORD = 79;

  private PngTexts() {}

  /** @throws java.io.EOFException if a chunk ends behind the file's end */
  static void read(FileWindow file, PictureTexts.Found found) throws IOException {
    if (file.at(0, 8).getLong() != SIGNATURE) {
      throw new IllegalArgumentException("is no PNG picture");
    }
    for (long at = 8; at < file.size();) {
      ByteBuffer head = file.at(at, 8);
      long length = head.getInt() & 0xffffffffL;
      byte[] letters = new byte[4];
      head.get(letters);
      String type = new String(letters, StandardCharsets.ISO_8859_1);
      if (length > file.size() - at - AROUND_DATA) {
        throw new java.io.EOFException();
      }
      if (type.equals("IEND")) {
        return;
      }
      chunk(type, file, at + 8, length, found);
      at += length + AROUND_DATA;
    }
    throw new java.io.EOFException();
  }

  private static void chunk(String type, FileWindow file, long at, long length, PictureTexts.Found found)
      throws IOException {
    switch (type) {
      case "IHDR" -> {
        ByteBuffer size = file.at(at, 8);
        found.size(size.getInt(), size.getInt());
      }
      case "eXIf" -> {
        if (found.takes("eXIf", length)) {
          ExifTexts.read(file.at(at, (int) length), found);
        }
      }
      case "tEXt", "zTXt", "iTXt" -> {
        if (found.takes(type, length)) {
          text(type, file.at(at, (int) length), found);
        }
      }
      default -> {}
    }
  }

  private static void text(String type, ByteBuffer data, PictureTexts.Found found) {
    String keyword = type;
    try {
      keyword = untilZero(data, LONGEST_KEYWORD);
      Charset charset = type.equals("iTXt") ? StandardCharsets.UTF_8 : StandardCharsets.ISO_8859_1;
      boolean compressed = type.equals("zTXt");
      if (type.equals("iTXt")) {
        compressed = data.get() != 0;
      }
      if (!type.equals("tEXt")) {
        data.get(); // the method, of which there is one
      }
      if (type.equals("iTXt")) {
        untilZero(data, Integer.MAX_VALUE); // language
        untilZero(data, Integer.MAX_VALUE); // the keyword in it
      }
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      found.text(keyword, new String(compressed ? inflated(bytes) : bytes, charset));
    } catch (BufferUnderflowException | DataFormatException e) {
      found.fault(keyword, "is damaged or longer than " + PictureTexts.MOST_BYTES + " bytes");
    }
  }

  private static String untilZero(ByteBuffer data, int most) {
    StringBuilder text = new StringBuilder();
    for (byte b = data.get(); b != 0; b = data.get()) {
      if (text.length() == most) {
        throw new BufferUnderflowException();
      }
      text.append((char) (b & 255));
    }
    return text.toString();
  }

  private static byte[] inflated(byte[] bytes) throws DataFormatException {
    try (Inflater inflater = new Inflater()) {
      inflater.setInput(bytes);
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      byte[] part = new byte[4096];
      while (!inflater.finished()) {
        int count = inflater.inflate(part);
        if (count == 0 || out.size() > PictureTexts.MOST_BYTES) {
          throw new DataFormatException();
        }
        out.write(part, 0, count);
      }
      return out.toByteArray();
    }
  }
}
