package dev.langevin.image;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.training.data.TestPictures;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ExifOrientationTest {

  @TempDir
  private Path folder;

  /** The letter that the stored rows 1 2 3 and 4 5 6 spell when seen as the tag says, row by row. */
  @ParameterizedTest
  @CsvSource({"1, 3, 123456", "2, 3, 321654", "3, 3, 654321", "4, 3, 456123", "5, 2, 142536", "6, 2, 415263",
      "7, 2, 635241", "8, 2, 362514"})
  void shouldTurnPictures(int orientation, int width, String expected) {
    DecodedImage turned =
        ExifOrientation.upright(new DecodedImage(3, 2, 1, new byte[] {1, 2, 3, 4, 5, 6}), orientation);
    assertThat(turned.width()).isEqualTo(width);
    StringBuilder seen = new StringBuilder();
    for (byte sample : turned.samples()) {
      seen.append(sample);
    }
    assertThat(seen).hasToString(expected);
  }

  /** A JPEG of 32x16 pixels, its left half black and its right half white, with an Exif block before the others. */
  private static byte[] jpeg(int orientation, ByteOrder order) {
    ByteBuffer exif = ByteBuffer.allocate(40).putShort((short) 0xffe1).putShort((short) 38).put("Exif\0\0".getBytes());
    exif.order(order).put((order == ByteOrder.LITTLE_ENDIAN ? "II" : "MM").getBytes()).putShort((short) 42).putInt(8)
        .putShort((short) 1);
    exif.putShort((short) 0x112).putShort((short) 3).putInt(1).putShort((short) orientation).putShort((short) 0)
        .putInt(0);
    java.awt.image.BufferedImage image = TestPictures.plain(32, 16, 0);
    image.createGraphics().fillRect(16, 0, 16, 16);
    byte[] plain = TestPictures.encoded(image, "jpg");
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write(plain, 0, 2);
    out.writeBytes(exif.array());
    out.write(plain, 2, plain.length - 2);
    return out.toByteArray();
  }

  @ParameterizedTest
  @CsvSource({"6, BIG", "6, LITTLE", "8, BIG"})
  void shouldFindTheTagInBothByteOrders(int orientation, String order) throws IOException {
    ByteOrder bytes = order.equals("BIG") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN;
    Path file = Files.write(folder.resolve("a.jpg"), jpeg(orientation, bytes));
    DecodedImage picture = PictureFile.read(file);
    assertThat(PictureFile.size(file)).isEqualTo(new PictureFile.Size(16, 32));
    assertThat(picture.width()).isEqualTo(16);
    int top = picture.samples()[0] & 255;
    assertThat(top < 128).isEqualTo(orientation == 6); // turned clockwise, the left comes to the top
  }

  /** Catches block lengths and offsets that lead astray: whether such a file is a picture is for the decoder to say. */
  @Test
  void shouldTakeBrokenBlocksForUpright() throws IOException {
    byte[] whole = jpeg(6, ByteOrder.BIG_ENDIAN);
    for (int at : new int[] {2, 4, 16, 20, 21}) {
      byte[] broken = whole.clone();
      Arrays.fill(broken, at, at + 2, (byte) 0xff);
      Path file = Files.write(folder.resolve("broken.jpg"), broken);
      try {
        assertThat(PictureFile.read(file).width()).isIn(16, 32);
      } catch (IOException e) {
        assertThat(e).hasMessageMatching("(?s)(is|has|No|Unsupported).*");
      }
    }
    assertThat(PictureFile.read(Files.write(folder.resolve("nine.jpg"), jpeg(9, ByteOrder.BIG_ENDIAN))).width())
        .isEqualTo(32);
  }
}
