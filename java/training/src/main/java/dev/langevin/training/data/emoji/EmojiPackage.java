package dev.langevin.training.data.emoji;

import dev.langevin.training.data.source.NpmPackage;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * What is read of the package: the emojis, and their pictures as PNG files.
 *
 * @param pictures by file name
 */
record EmojiPackage(List<EmojiEntry> entries, Map<String, byte[]> pictures) {

  /** Cal Henderson's emoji-data, with the pictures of Noto Emoji. */
  static final NpmPackage NPM = new NpmPackage("emoji-datasource-google", "16.0.0",
      "sha512-ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A==");

  private static final String LIST = "package/emoji.json";
  private static final Pattern PICTURE = Pattern.compile("package/img/google/64/([0-9a-z-]+\\.png)");

  /** What one file may take: no entry of an archive shall fill the memory. */
  private static final int LARGEST = 32 << 20;

  /**
   * Reads the tarball.
   *
   * @throws IOException if it is damaged, or lacks the list or a picture that the list names
   */
  static EmojiPackage read(Path tarball) throws IOException {
    byte[] list = null;
    Map<String, byte[]> pictures = new HashMap<>();
    try (InputStream file = Files.newInputStream(tarball);
        TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(new BufferedInputStream(file)))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        Matcher picture = PICTURE.matcher(entry.getName());
        if (entry.getName().equals(LIST)) {
          list = contents(tar, entry);
        } else if (picture.matches()) {
          pictures.put(picture.group(1), contents(tar, entry));
        }
      }
    } catch (IOException e) {
      throw new IOException(tarball + " cannot be unpacked: " + e.getMessage(), e);
    }
    if (list == null) {
      throw new IOException(tarball + " has no file " + LIST + "; is it an emoji-datasource package?");
    }
    List<EmojiEntry> entries = EmojiEntry.list(list);
    for (EmojiEntry entry : entries) {
      for (EmojiEntry.Picture picture : entry.pictures()) {
        if (!pictures.containsKey(picture.file())) {
          throw new IOException(tarball + " lacks the picture " + picture.file() + " of " + entry.shortName());
        }
      }
    }
    return new EmojiPackage(entries, pictures);
  }

  private static byte[] contents(InputStream tar, TarArchiveEntry entry) throws IOException {
    if (entry.getSize() > LARGEST) {
      throw new IOException(entry.getName() + " has " + entry.getSize() + " bytes, the limit is " + LARGEST);
    }
    return tar.readNBytes((int) entry.getSize());
  }
}
