package dev.langevin.training.emoji;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.training.data.DatasetException;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.security.DigestInputStream;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.zip.GZIPInputStream;
import org.apache.commons.compress.archivers.tar.TarArchiveEntry;
import org.apache.commons.compress.archivers.tar.TarArchiveInputStream;

/**
 * The pictures of the npm package {@code emoji-datasource-google} (Noto Emoji by Google, Apache-2.0) as an image folder: pictures of
 * 64x64 and a metadata.jsonl with captions, category as label, and whether a picture may be mirrored.
 */
public final class EmojiFolder {

  /** The release that the captions are made for. */
  public static final String VERSION = "16.0.0";

  /** Where the registry has it. */
  public static final String PATH = "emoji-datasource-google/-/emoji-datasource-google-" + VERSION + ".tgz";

  /** SHA-512 of the package, as the registry states it. */
  public static final String INTEGRITY = "ZRexfzs7MVoLnmzZmNsO4TKhnAJp5D++Vm6PpUpH/jEQQlemp3l88CjZ+DoZ2faM9R4QxZkOPJCoT8DlPhfQ3A==";

  private static final String PICTURES = "package/img/google/64/";
  private static final ObjectMapper JSON = new ObjectMapper();

  private EmojiFolder() {}

  /**
   * Unpacks a package.
   *
   * @param tarball the package, gzipped
   * @param integrity its SHA-512 in base 64, or null to take any
   * @param out a folder that does not exist, or is empty
   * @return the number of pictures
   * @throws DatasetException if the package is another, or lacks something; nothing is left then
   */
  public static int write(InputStream tarball, String integrity, Path out) throws IOException {
    if (Files.exists(out) && !(Files.isDirectory(out) && out.toFile().list().length == 0)) {
      throw new DatasetException(out + " is there already; remove it, or name another folder");
    }
    Path parent = out.toAbsolutePath().getParent();
    Files.createDirectories(parent);
    Path partial = Files.createTempDirectory(parent, ".emoji");
    try {
      int count = unpack(tarball, integrity, partial);
      Files.move(partial, out, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
      return count;
    } finally {
      delete(partial);
    }
  }

  private static int unpack(InputStream tarball, String integrity, Path folder) throws IOException {
    Path pictures = Files.createDirectories(folder.resolve("pictures"));
    JsonNode entries = null;
    MessageDigest digest = digest();
    try (DigestInputStream counted = new DigestInputStream(new BufferedInputStream(tarball), digest);
        TarArchiveInputStream tar = new TarArchiveInputStream(new GZIPInputStream(counted))) {
      for (TarArchiveEntry entry = tar.getNextEntry(); entry != null; entry = tar.getNextEntry()) {
        String name = entry.getName();
        if (name.equals("package/emoji.json")) {
          entries = JSON.readTree(tar.readAllBytes());
        } else if (name.startsWith(PICTURES) && name.substring(PICTURES.length()).matches("[0-9a-f-]+\\.png")) {
          Files.copy(tar, pictures.resolve(name.substring(PICTURES.length())));
        }
      }
      counted.transferTo(java.io.OutputStream.nullOutputStream());
    }
    String found = Base64.getEncoder().encodeToString(digest.digest());
    if (integrity != null && !integrity.equals(found)) {
      throw new DatasetException("the package's SHA-512 is " + found + ", expected " + integrity + " of version " + VERSION
          + "; was it downloaded whole?");
    }
    if (entries == null) {
      throw new DatasetException("the package has no emoji.json; is it emoji-datasource-google?");
    }
    return describe(Emoji.read(entries), pictures, folder);
  }

  /** Moves the pictures that are described beside their metadata. */
  private static int describe(List<Emoji> all, Path pictures, Path folder) throws IOException {
    EmojiCaptions captions = new EmojiCaptions();
    List<String> categories = List.copyOf(new TreeSet<>(all.stream().map(Emoji::category).toList()));
    StringBuilder lines = new StringBuilder();
    int count = 0;
    for (Emoji emoji : all) {
      Path picture = pictures.resolve(emoji.image());
      if (!Files.exists(picture)) {
        continue;
      }
      Files.move(picture, folder.resolve(emoji.image()));
      Map<String, Object> line = new LinkedHashMap<>();
      line.put("file_name", emoji.image());
      line.put("text", captions.of(emoji));
      line.put("label", categories.indexOf(emoji.category()));
      line.put("flip", captions.flippable(emoji));
      line.put("category", emoji.category());
      line.put("subcategory", emoji.subcategory());
      lines.append(JSON.writeValueAsString(line)).append('\n');
      count++;
    }
    delete(pictures);
    if (count == 0) {
      throw new DatasetException("the package has no pictures below " + PICTURES);
    }
    Files.writeString(folder.resolve("metadata.jsonl"), lines);
    return count;
  }

  private static MessageDigest digest() {
    try {
      return MessageDigest.getInstance("SHA-512");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException(e); // every JDK has it
    }
  }

  private static void delete(Path path) throws IOException {
    if (Files.exists(path)) {
      try (var files = Files.walk(path)) {
        for (Path file : files.sorted(java.util.Comparator.reverseOrder()).toList()) {
          Files.delete(file);
        }
      }
    }
  }
}
