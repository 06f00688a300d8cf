package dev.langevin.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class IdxDatasetTest {

  @TempDir
  private Path folder;

  /** Three pictures of 2 rows and 3 columns, with the values 0 to 17. */
  private static byte[] images() {
    ByteBuffer file = ByteBuffer.allocate(16 + 18).putInt(0x803).putInt(3).putInt(2).putInt(3);
    for (int i = 0; i < 18; i++) {
      file.put((byte) i);
    }
    return file.array();
  }

  private static byte[] labels(int... labels) {
    ByteBuffer file = ByteBuffer.allocate(8 + labels.length).putInt(0x801).putInt(labels.length);
    for (int label : labels) {
      file.put((byte) label);
    }
    return file.array();
  }

  private static byte[] gzip(byte[] bytes) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    try (GZIPOutputStream gzip = new GZIPOutputStream(out)) {
      gzip.write(bytes);
    }
    return out.toByteArray();
  }

  private void write(String name, byte[] bytes) throws IOException {
    Files.write(folder.resolve(name), bytes);
  }

  private void assertReads(String split, String prefix) {
    IdxDataset dataset = IdxDataset.open(folder, split);
    assertThat(dataset.size()).isEqualTo(3);
    assertThat(dataset.width(1)).isEqualTo(3);
    assertThat(dataset.height(1)).isEqualTo(2);
    Example second = dataset.example(1);
    assertThat(second.picture().samples()).containsExactly(6, 7, 8, 9, 10, 11);
    assertThat(second.picture().channels()).isEqualTo(1);
    assertThat(second.picture().width()).isEqualTo(3);
    assertThat(second.label()).isEqualTo(200);
    assertThat(second.name()).isEqualTo(prefix + "/00001");
    assertThat(dataset.classes()).isEqualTo(201);
    assertThat(dataset.classNames()).isEmpty();
    assertThat(dataset.hasCaptions()).isFalse();
  }

  /** Catches rows and columns exchanged, and labels above 127 that turn negative. */
  @Test
  void shouldReadPlainFiles() throws IOException {
    write("train-images-idx3-ubyte", images());
    write("train-labels-idx1-ubyte", labels(4, 200, 9));
    assertReads("train", "train");
  }

  @Test
  void shouldReadCompressedFilesByEitherName() throws IOException {
    write("t10k-images-idx3-ubyte.gz", gzip(images()));
    write("t10k-labels.idx1-ubyte.gz", gzip(labels(4, 200, 9)));
    assertReads("test", "t10k");
  }

  @Test
  void shouldNameTheMissingFile() throws IOException {
    write("train-images-idx3-ubyte", images());
    assertThatThrownBy(() -> IdxDataset.open(folder, "train")).isInstanceOf(DatasetException.class)
        .hasMessage(folder + " has no file train-labels-idx1-ubyte, nor one with .gz");
    assertThatThrownBy(() -> IdxDataset.open(folder, "validation"))
        .hasMessage(folder + ": the split validation is not known to IDX files, which have train and test");
  }

  /** Catches truncated downloads, which would be noticed in the middle of an epoch at best. */
  @Test
  void shouldSayHowManyBytesAreMissing() throws IOException {
    write("train-labels-idx1-ubyte", labels(4, 5, 9));
    write("train-images-idx3-ubyte", Arrays.copyOf(images(), 30));
    Path file = folder.resolve("train-images-idx3-ubyte");
    assertThatThrownBy(() -> IdxDataset.open(folder, "train"))
        .hasMessage(file + " is truncated: expected 34 bytes for lengths [3, 2, 3], has 30; download it again");
    write("train-images-idx3-ubyte", Arrays.copyOf(images(), 35));
    assertThatThrownBy(() -> IdxDataset.open(folder, "train"))
        .hasMessage(file + " is too long: expected 34 bytes for lengths [3, 2, 3], has 35; download it again");
    write("train-images-idx3-ubyte", Arrays.copyOf(images(), 7));
    assertThatThrownBy(() -> IdxDataset.open(folder, "train"))
        .hasMessage(file + " is truncated: expected at least 16 bytes of header, has 7; download it again");
  }

  /** Catches archives that end early, whose own error says nothing of how much is missing. */
  @Test
  void shouldSayHowManyBytesATruncatedArchiveHas() throws IOException {
    ByteBuffer large = ByteBuffer.allocate(16 + 300 * 28 * 28).putInt(0x803).putInt(300).putInt(28).putInt(28);
    new java.util.Random(1).nextBytes(large.array());
    large.putInt(0, 0x803).putInt(4, 300).putInt(8, 28).putInt(12, 28);
    byte[] archive = gzip(large.array());
    write("train-images-idx3-ubyte.gz", Arrays.copyOf(archive, archive.length / 2));
    write("train-labels-idx1-ubyte", labels(1));
    assertThatThrownBy(() -> IdxDataset.open(folder, "train")).isInstanceOf(DatasetException.class).hasMessageMatching(
        ".*train-images-idx3-ubyte.gz is truncated: expected 235216 bytes for lengths \\[300, 28, 28\\], has"
            + " 1[01]\\d{4}; download it again");
    write("train-images-idx3-ubyte.gz", "<html>404".getBytes());
    assertThatThrownBy(() -> IdxDataset.open(folder, "train"))
        .hasMessage(folder.resolve("train-images-idx3-ubyte.gz") + " cannot be read: Not in GZIP format");
  }

  @Test
  void shouldRefuseOtherFiles() throws IOException {
    write("train-labels-idx1-ubyte", labels(4, 5, 9));
    write("train-images-idx3-ubyte", labels(1, 2, 3, 4, 5, 6, 7, 8, 9));
    Path file = folder.resolve("train-images-idx3-ubyte");
    assertThatThrownBy(() -> IdxDataset.open(folder, "train"))
        .hasMessage(file
            + " begins with 0x00000801, expected 0x00000803, an array of unsigned bytes with 3 axes; is it the right"
            + " file?");
    write("train-images-idx3-ubyte",
        ByteBuffer.allocate(16).putInt(0x803).putInt(60000).putInt(1 << 30).putInt(28).array());
    assertThatThrownBy(() -> IdxDataset.open(folder, "train")).hasMessage(file
        + ": its header says lengths [60000, 1073741824], which must be at least 1 and make less than 2 GiB; is it"
        + " damaged?");
  }

  @Test
  void shouldRefuseAnotherNumberOfLabels() throws IOException {
    write("train-images-idx3-ubyte", images());
    write("train-labels-idx1-ubyte", labels(4, 5));
    assertThatThrownBy(() -> IdxDataset.open(folder, "train"))
        .hasMessage(folder.resolve("train-images-idx3-ubyte") + " has 3 pictures, "
            + folder.resolve("train-labels-idx1-ubyte") + " has 2 labels; they are not of the same set");
  }
}
