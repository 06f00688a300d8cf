package dev.langevin.training.data.emoji;

import dev.langevin.training.data.source.NpmPackage;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.zip.GZIPOutputStream;
import javax.imageio.ImageIO;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveOutputStream;

/** A package in the form of the real one, with as few emojis as a test needs. */
final class FakePackage {

  private FakePackage() {}

  /** An entry of emoji.json. */
  static String entry(String name, String shortName, String category, String subcategory, int order, String image,
      String... tones) {
    StringBuilder variations = new StringBuilder();
    for (String tone : tones) {
      variations.append(variations.isEmpty() ? "" : ",").append("\"%s\": {\"image\": \"%s\", \"has_img_google\": true}"
          .formatted(tone, image.replace(".png", "-" + tone.toLowerCase(java.util.Locale.ROOT) + ".png")));
    }
    return """
        {"name": "%s", "short_name": "%s", "short_names": ["%s"], "category": "%s", "subcategory": "%s",
         "sort_order": %d, "image": "%s", "has_img_google": true%s}""".formatted(name, shortName, shortName, category,
        subcategory, order, image,
        variations.isEmpty() ? "" : ", \"skin_variations\": {" + variations + "}");
  }

  /** The one entry that a JSON text describes. */
  static EmojiEntry parsed(String name, String shortName, String category, String subcategory, String... tones) {
    try {
      return EmojiEntry.list(("[" + entry(name, shortName, category, subcategory, 1, "1f34e.png", tones) + "]")
          .getBytes(StandardCharsets.UTF_8)).getFirst();
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  /**
   * Writes a tarball.
   *
   * @param pictures file names; each picture has a colour of its own
   */
  static NpmPackage write(Path file, String list, String... pictures) throws IOException {
    try (OutputStream out = Files.newOutputStream(file);
        TarArchiveOutputStream tar = new TarArchiveOutputStream(new GZIPOutputStream(out))) {
      put(tar, "package/LICENSE", "MIT".getBytes(StandardCharsets.UTF_8));
      put(tar, "package/img/google/sheets/64.png", new byte[] {1});
      put(tar, "package/img/google/64/../../escaped.png", new byte[] {1});
      for (String picture : pictures) {
        put(tar, "package/img/google/64/" + picture, png(picture.hashCode()));
      }
      put(tar, "package/emoji.json", list.getBytes(StandardCharsets.UTF_8));
    }
    return new NpmPackage("emoji-datasource-google", "0.0.1", integrity(Files.readAllBytes(file)));
  }

  static byte[] png(int colour) throws IOException {
    BufferedImage image = new BufferedImage(64, 64, BufferedImage.TYPE_INT_ARGB);
    image.setRGB(32, 32, 0xff000000 | colour);
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    ImageIO.write(image, "png", out);
    return out.toByteArray();
  }

  private static String integrity(byte[] bytes) {
    try {
      return "sha512-" + Base64.getEncoder().encodeToString(MessageDigest.getInstance("SHA-512").digest(bytes));
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError(e);
    }
  }

  private static void put(TarArchiveOutputStream tar, String name, byte[] contents) throws IOException {
    TarArchiveEntry entry = new TarArchiveEntry(name);
    entry.setSize(contents.length);
    tar.putArchiveEntry(entry);
    tar.write(contents);
    tar.closeArchiveEntry();
  }
}
