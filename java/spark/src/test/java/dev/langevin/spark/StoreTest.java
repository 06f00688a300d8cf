package dev.langevin.spark;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.RawLocalFileSystem;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Files that are whole or not there, where renames are atomic and where there are none; and copies of a model. */
class StoreTest {

  /** Objects: whoever renames them copies them, which the store must not do. */
  public static final class Objects extends RawLocalFileSystem {
    @Override
    public URI getUri() {
      return URI.create("objects:///");
    }

    @Override
    public String getScheme() {
      return "objects";
    }

    @Override
    protected void checkPath(org.apache.hadoop.fs.Path path) {
      // any is this one's
    }

    @Override
    public java.io.File pathToFile(org.apache.hadoop.fs.Path path) {
      return new java.io.File(path.toUri().getPath());
    }

    /** Without a local file's owner, which is sought by a local file's URI. */
    @Override
    public FileStatus getFileStatus(org.apache.hadoop.fs.Path path) throws IOException {
      return ownerless(super.getFileStatus(path));
    }

    @Override
    public FileStatus[] listStatus(org.apache.hadoop.fs.Path path) throws IOException {
      return Stream.of(super.listStatus(path)).map(Objects::ownerless).toArray(FileStatus[]::new);
    }

    private static FileStatus ownerless(FileStatus local) {
      return new FileStatus(local.getLen(), local.isDirectory(), 1, 1, local.getModificationTime(), local.getPath());
    }

    @Override
    public boolean rename(org.apache.hadoop.fs.Path from, org.apache.hadoop.fs.Path to) throws IOException {
      throw new IOException("objects are not renamed");
    }
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static Configuration configuration() {
    Configuration configuration = new Configuration();
    configuration.set("fs.objects.impl", Objects.class.getName());
    return configuration;
  }

  @TempDir
  private Path folder;

  @Test
  void shouldReplaceWholeFilesByARename() throws IOException {
    Store store = new Store(folder.resolve("out").toString(), configuration());
    assertThat(store.isEmpty()).isTrue();
    store.write("pictures/a.png", bytes("one"));
    store.write("pictures/a.png", bytes("two"));
    assertThat(store.read("pictures/a.png")).isEqualTo(bytes("two"));
    assertThat(store.read("pictures/b.png")).isNull();
    assertThat(folder.resolve("out/pictures").toFile().list()).containsExactly("a.png"); // and no .crc
    assertThat(folder.resolve("out/_temporary").toFile().list()).isEmpty();
  }

  @Test
  void shouldPutWholeFilesWhereNothingIsRenamed() throws IOException {
    Store store = new Store("objects://" + folder.resolve("out"), configuration());
    store.write("pictures/a.png", bytes("one"));
    store.write("pictures/a.png", bytes("two"));
    assertThat(store.read("pictures/a.png")).isEqualTo(bytes("two"));
  }

  @Test
  void shouldCopyAModelOnceUntilItChanges() throws IOException {
    Path model = Files.createDirectories(folder.resolve("sd15/unet")).getParent();
    Files.writeString(model.resolve("unet/config.json"), "{}");
    RemoteFiles files = new RemoteFiles(configuration(), folder.resolve("cache"));
    assertThat(files.local(model.toString())).isEqualTo(model.toString());
    assertThat(files.local("file:" + model)).isEqualTo(model.toString());
    String copy = files.local("objects://" + model);
    assertThat(Path.of(copy).getFileName()).hasToString("sd15"); // a picture tells its model's name
    assertThat(Path.of(copy, "unet/config.json")).hasContent("{}");
    assertThat(files.local("objects://" + model)).isEqualTo(copy);
    Files.writeString(model.resolve("unet/config.json"), "{ }");
    assertThat(files.local("objects://" + model)).isNotEqualTo(copy);
    assertThat(files.localWeighted("objects://" + model.resolve("unet/config.json") + ":0.5:1"))
        .endsWith("config.json:0.5:1");
  }
}
