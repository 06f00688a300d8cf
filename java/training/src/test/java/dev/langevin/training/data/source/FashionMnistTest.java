package dev.langevin.training.data.source;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Four files by their names and headers, from a folder or by tools that may be missing or fail. */
class FashionMnistTest {

  @TempDir
  private Path folder;
  private Path from;
  private Path out;

  @BeforeEach
  void writeFiles() throws IOException {
    from = Files.createDirectories(folder.resolve("from"));
    out = folder.resolve("out");
    header("train-images-idx3-ubyte.gz", 0x803, 60_000);
    header("train-labels-idx1-ubyte", 0x801, 60_000);
    header("t10k-images-idx3-ubyte.gz", 0x803, 10_000);
    header("t10k-labels-idx1-ubyte.gz", 0x801, 10_000);
  }

  private void header(String name, int magic, int count) throws IOException {
    byte[] bytes = ByteBuffer.allocate(8).putInt(magic).putInt(count).array();
    try (OutputStream file = Files.newOutputStream(from.resolve(name));
        OutputStream to = name.endsWith(".gz") ? new GZIPOutputStream(file) : file) {
      to.write(bytes);
    }
  }

  @Test
  void shouldCopyFilesPlainOrPacked() throws IOException {
    FashionMnist.copy(from, out);
    assertThat(out.resolve("train-images-idx3-ubyte.gz"))
        .hasSameBinaryContentAs(from.resolve("train-images-idx3-ubyte.gz"));
    assertThat(out.resolve("train-labels-idx1-ubyte")).hasSameBinaryContentAs(from.resolve("train-labels-idx1-ubyte"));
    assertThat(out).isDirectoryNotContaining("glob:**.idx").isNotEmptyDirectory();
    assertThatThrownBy(() -> FashionMnist.copy(from, out)).hasMessageContaining("exists and is not empty");
  }

  @Test
  void shouldSayWhichFileIsWrong() throws IOException {
    header("t10k-labels-idx1-ubyte.gz", 0x803, 10_000);
    assertThatThrownBy(() -> FashionMnist.copy(from, out)).hasMessage(from.resolve("t10k-labels-idx1-ubyte.gz")
        + " begins with 0x00000803 and has 10,000 entries, expected 0x00000801 and 10,000; is it Fashion-MNIST's?");
    Files.writeString(from.resolve("t10k-labels-idx1-ubyte.gz"), "no archive");
    assertThatThrownBy(() -> FashionMnist.copy(from, out)).hasMessageContaining("cannot be read as an IDX file");
    Files.delete(from.resolve("t10k-labels-idx1-ubyte.gz"));
    assertThatThrownBy(() -> FashionMnist.copy(from, out)).hasMessage(
        from + " has no file t10k-labels-idx1-ubyte, nor one with .gz; --from names the folder of the four IDX files");
    assertThat(out).doesNotExist();
  }

  private String tool(String name, String script) throws IOException {
    Path tool = Files.writeString(folder.resolve(name), "#!/bin/sh\n" + script + "\n");
    Files.setPosixFilePermissions(tool, PosixFilePermissions.fromString("rwx------"));
    return tool.toString();
  }

  @Test
  void shouldTakeTheFilesOfThePackage() throws IOException {
    String aptGet =
        tool("apt", "[ \"$1 $2\" = \"download dataset-fashion-mnist\" ] && touch dataset-fashion-mnist_0_all.deb");
    String dpkgDeb =
        tool("dpkg", "[ \"$1 $2\" = \"-x dataset-fashion-mnist_0_all.deb\" ] && mkdir -p $3/usr/share/datasets"
            + " && cp -r '" + from + "' $3/usr/share/datasets/fashion-mnist");
    FashionMnist.download(out, aptGet, dpkgDeb);
    assertThat(out.resolve("train-labels-idx1-ubyte")).exists();
  }

  @Test
  void shouldNameTheWayOutWhereToolsAreMissingOrFail() throws IOException {
    assertThatThrownBy(() -> FashionMnist.download(out, folder.resolve("none").toString(), "dpkg-deb"))
        .hasMessageContaining("none download")
        .hasMessageContaining("cannot be run").hasMessageEndingWith("and name their folder with --from");
    String failing = tool("failing", "echo no network; exit 100");
    assertThatThrownBy(() -> FashionMnist.download(out, failing, "dpkg-deb"))
        .hasMessageContaining("failed with exit code 100: no network; on other systems");
    assertThatThrownBy(() -> FashionMnist.download(out, tool("idle", "true"), "dpkg-deb"))
        .hasMessageContaining("left 0 packages, expected one");
    assertThat(out).doesNotExist();
  }
}
