package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.Charset;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.Deflater;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PictureTextsTest {

  private static final String TEXT = "a fox, \u96ea\nSteps: 1, Seed: 2, Size: 3x4";

  @TempDir
  private Path folder;

  /** A TIFF block with a UserComment behind two directories. */
  private static byte[] exif(ByteOrder order, byte[] comment) {
    ByteBuffer tiff = ByteBuffer.allocate(44 + comment.length).order(order);
    tiff.putShort((short) (order == ByteOrder.LITTLE_ENDIAN ? 0x4949 : 0x4d4d)).putShort((short) 42).putInt(8);
    tiff.putShort((short) 1).putShort((short) 0x8769).putShort((short) 4).putInt(1).putInt(26).putInt(0);
    tiff.putShort((short) 1).putShort((short) 0x9286).putShort((short) 7).putInt(comment.length).putInt(44).putInt(0);
    return tiff.put(comment).array();
  }

  private Path jpeg(byte[] exif) throws IOException {
    ByteBuffer file = ByteBuffer.allocate(exif.length + 14);
    file.putShort((short) 0xffd8).putShort((short) 0xffe1).putShort((short) (exif.length + 8))
        .put("Exif\0\0".getBytes(StandardCharsets.US_ASCII)).put(exif).putShort((short) 0xffd9);
    return Files.write(folder.resolve("a.jpg"), file.array());
  }

  private static byte[] comment(String code, String text, Charset charset) {
    byte[] bytes = text.getBytes(charset);
    return ByteBuffer.allocate(code.length() + bytes.length).put(code.getBytes(StandardCharsets.US_ASCII)).put(bytes)
        .array();
  }

  /** Programs write either order whatever the block's is. */
  @ParameterizedTest
  @CsvSource({"II, UTF-16BE", "II, UTF-16LE", "MM, UTF-16BE", "MM, UTF-16LE", "MM, UTF-16"})
  void shouldReadEitherOrderOfUtf16(String block, String charset) throws IOException {
    ByteOrder order = block.equals("II") ? ByteOrder.LITTLE_ENDIAN : ByteOrder.BIG_ENDIAN;
    Path file = jpeg(exif(order, comment("UNICODE\0", TEXT, Charset.forName(charset))));
    assertThat(PictureTexts.read(file).texts().get("UserComment").replace("\ufeff", "")).isEqualTo(TEXT);
  }

  @ParameterizedTest
  @CsvSource({"ISO-8859-1", "UTF-8"})
  void shouldReadACommentOfEightBitLetters(String charset) throws IOException {
    for (String code : new String[] {"ASCII\0\0\0", "\0\0\0\0\0\0\0\0", ""}) {
      Path file = jpeg(exif(ByteOrder.BIG_ENDIAN, comment(code, "caf\u00e9 with milk\0\0", Charset.forName(charset))));
      assertThat(PictureTexts.read(file).texts()).containsEntry("UserComment", "caf\u00e9 with milk");
    }
  }

  private static void chunk(ByteArrayOutputStream png, String type, byte[] data) {
    CRC32 crc = new CRC32();
    crc.update(type.getBytes(StandardCharsets.US_ASCII));
    crc.update(data);
    png.writeBytes(ByteBuffer.allocate(4).putInt(data.length).array());
    png.writeBytes(type.getBytes(StandardCharsets.US_ASCII));
    png.writeBytes(data);
    png.writeBytes(ByteBuffer.allocate(4).putInt((int) crc.getValue()).array());
  }

  @Test
  void shouldLeaveOutWhatIsDamagedOrGrowsAndSaySo() throws IOException {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    png.writeBytes(ByteBuffer.allocate(8).putLong(0x89504e470d0a1a0aL).array());
    chunk(png, "IHDR", ByteBuffer.allocate(13).putInt(3).putInt(5).array());
    chunk(png, "tEXt", "no end".getBytes(StandardCharsets.US_ASCII));
    Deflater deflater = new Deflater();
    deflater.setInput(new byte[PictureTexts.MOST_BYTES + 5000]);
    deflater.finish();
    byte[] bomb = new byte[1 << 16];
    int length = deflater.deflate(bomb);
    chunk(png, "zTXt", ByteBuffer.allocate(length + 6).put("bomb\0\0".getBytes(StandardCharsets.US_ASCII))
        .put(bomb, 0, length).array());
    chunk(png, "tEXt", "parameters\0whole".getBytes(StandardCharsets.US_ASCII));
    Path cut = Files.write(folder.resolve("cut.png"), png.toByteArray());
    assertThatThrownBy(() -> PictureTexts.read(cut)).isInstanceOf(ImageFileException.class)
        .hasMessageContaining("cut off");
    chunk(png, "IEND", new byte[0]);
    PictureTexts texts = PictureTexts.read(Files.write(folder.resolve("a.png"), png.toByteArray()));
    assertThat(texts.texts()).containsOnlyKeys("parameters").containsEntry("parameters", "whole");
    assertThat(texts.faults()).hasSize(2).anyMatch(fault -> fault.contains("'bomb'"));
    assertThat(texts.width()).isEqualTo(3);
    assertThat(texts.height()).isEqualTo(5);
  }

  @Test
  void shouldNameAFileThatIsNoPicture() throws IOException {
    Path file = Files.writeString(folder.resolve("a.png"), "just words, many of them");
    assertThatThrownBy(() -> PictureTexts.read(file)).isInstanceOf(ImageFileException.class)
        .hasMessageContaining(file.toString()).hasMessageContaining("no PNG, JPEG, WebP or GIF");
    assertThatThrownBy(() -> PictureTexts.read(folder.resolve("none.png"))).isInstanceOf(ImageFileException.class)
        .hasMessageContaining("none.png");
  }
}
