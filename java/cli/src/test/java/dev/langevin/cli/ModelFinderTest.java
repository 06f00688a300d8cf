package dev.langevin.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.MessageDigest;
import java.util.HexFormat;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelFinderTest {

  /** Of "abc", the example of FIPS 180-2. */
  private static final String ABC = "ba7816bf8f";

  @TempDir
  private Path folder;

  private Path cache;
  private ModelHash hashes;
  private ModelFinder finder;

  @BeforeEach
  void start() throws IOException {
    cache = folder.resolve("cache");
    hashes = new ModelHash(new CacheLines(cache, "model-digests"));
    finder = new ModelFinder(hashes, new CacheLines(cache, "models-used"));
  }

  private Path write(String name, String contents) throws IOException {
    Path file = folder.resolve(name);
    Files.createDirectories(file.getParent());
    return Files.writeString(file, contents);
  }

  @Test
  void shouldHashFilesAndFolders() throws Exception {
    assertThat(hashes.of(write("a.safetensors", "abc"))).isEqualTo(ABC);
    write("model/model_index.json", "{}");
    write("model/unet/x.safetensors", "abc");
    write("model/.cache/lock", "noise");
    MessageDigest all = MessageDigest.getInstance("SHA-256");
    for (String contents : new String[] {"{}", "abc"}) {
      all.update(MessageDigest.getInstance("SHA-256").digest(contents.getBytes(StandardCharsets.UTF_8)));
    }
    String expected = HexFormat.of().formatHex(all.digest()).substring(0, 10);
    assertThat(hashes.of(folder.resolve("model"))).isEqualTo(expected);
    write("model/.cache/lock", "other noise");
    assertThat(hashes.of(folder.resolve("model"))).isEqualTo(expected);
    write("model/unet/x.safetensors", "abd");
    assertThat(hashes.of(folder.resolve("model"))).isNotEqualTo(expected);
  }

  /** Kept by path, size and time: a file of the same three is not read again, any other is. */
  @Test
  void shouldKeepDigests() throws IOException {
    Path file = write("a.safetensors", "abc");
    FileTime time = Files.getLastModifiedTime(file);
    assertThat(hashes.begin(file).join()).isEqualTo(ABC);
    Files.writeString(file, "xyz");
    Files.setLastModifiedTime(file, time);
    assertThat(hashes.of(file)).as("not read again").isEqualTo(ABC);
    Files.setLastModifiedTime(file, FileTime.fromMillis(time.toMillis() + 5000));
    assertThat(hashes.of(file)).isNotEqualTo(ABC);
    assertThat(Files.readAllLines(cache.resolve("model-digests"))).hasSize(1);
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(cache.resolve("model-digests"))))
        .isEqualTo("rw-------");
  }

  @Test
  void shouldNotTrustWhatOthersCanWrite() throws IOException {
    Path file = write("a.safetensors", "abc");
    hashes.of(file);
    Path lines = cache.resolve("model-digests");
    Files.writeString(lines, Files.readString(lines).replace(ABC, "0000000000"));
    assertThat(hashes.of(file)).isEqualTo("0000000000");
    Files.setPosixFilePermissions(lines, PosixFilePermissions.fromString("rw-rw-rw-"));
    assertThat(hashes.of(file)).isEqualTo(ABC);
  }

  @Test
  void shouldFindByHashUnderAFolder() throws IOException {
    write("models/a/other.safetensors", "other");
    Path wanted = write("models/b/renamed.safetensors", "abc");
    Path models = folder.resolve("models");
    assertThat(finder.find(ABC, "a/other", models)).isEqualTo(wanted);
    assertThat(finder.find(ABC.toUpperCase(java.util.Locale.ROOT) + "00ff", null, models)).isEqualTo(wanted);
    assertThat(finder.find("0123456789", "renamed", models)).isNull();
    assertThat(finder.find(ABC, "renamed", null)).isNull();
    assertThat(finder.find(null, "renamed", models)).isNull();
    assertThat(finder.find("../../etc/passwd", "renamed", models)).isNull();
    assertThatThrownBy(() -> finder.find(ABC, null, folder.resolve("nowhere")))
        .hasMessageContaining("--model-dir").hasMessageContaining("there is no such folder");
  }

  @Test
  void shouldFindAmongThoseUsedBefore() throws IOException {
    Path file = write("a.safetensors", "abc");
    finder.used(file, ABC);
    finder.used(file, ABC);
    assertThat(finder.find(ABC, null, null)).isEqualTo(file);
    Files.writeString(file, "changed since");
    assertThat(finder.find(ABC, null, null)).as("another model lies there now").isNull();
    Files.delete(file);
    assertThat(finder.find(ABC, null, null)).isNull();
    assertThat(Files.readAllLines(cache.resolve("models-used"))).hasSize(1);
  }

  @Test
  void shouldDoWithoutACacheFolder() throws IOException {
    ModelHash without = new ModelHash(new CacheLines(null, "model-digests"));
    assertThat(without.of(write("a.safetensors", "abc"))).isEqualTo(ABC);
  }
}
