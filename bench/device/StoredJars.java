import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import java.util.zip.ZipOutputStream;

/**
 * Copies jars without their compression, which one xz over all of them does better: {@code StoredJars FOLDER PATTERN
 * JAR...}. Entries whose names match the pattern stay behind.
 */
class StoredJars {

  public static void main(String[] arguments) throws IOException {
    Path folder = Files.createDirectories(Path.of(arguments[0]));
    for (int i = 2; i < arguments.length; i++) {
      Path jar = Path.of(arguments[i]);
      try (ZipFile from = new ZipFile(jar.toFile());
          ZipOutputStream to = new ZipOutputStream(Files.newOutputStream(folder.resolve(jar.getFileName())))) {
        to.setMethod(ZipOutputStream.STORED);
        for (ZipEntry entry : from.stream().filter(each -> !each.getName().matches(arguments[1])).toList()) {
          copy(entry.getName(), from.getInputStream(entry).readAllBytes(), to);
        }
      }
    }
  }

  private static void copy(String name, byte[] bytes, ZipOutputStream to) throws IOException {
    CRC32 sum = new CRC32();
    sum.update(bytes);
    ZipEntry stored = new ZipEntry(name);
    stored.setSize(bytes.length);
    stored.setCrc(sum.getValue());
    to.putNextEntry(stored);
    to.write(bytes);
    to.closeEntry();
  }
}
