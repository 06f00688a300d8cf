package dev.langevin.image;

import java.io.ByteArrayOutputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;

/** Puts texts into a PNG file: chunks tEXt and iTXt (ISO/IEC 15948, section 11.3.3); {@link PngTexts} reads them. */
final class PngText {

  /** Signature and IHDR, which comes first. */
  private static final int AFTER_HEADER = 8 + 25;

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
}
