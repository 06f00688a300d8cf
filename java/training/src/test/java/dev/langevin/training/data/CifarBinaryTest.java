package dev.langevin.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Collections;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CifarBinaryTest {

  @TempDir
  private Path folder;

  /** One record: its labels, then red everywhere 1, green 2, blue 3, but for the second pixel's green, which is 200. */
  private static byte[] record(int... labels) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (int label : labels) {
      out.write(label);
    }
    byte[] pixels = new byte[3072];
    for (int i = 0; i < pixels.length; i++) {
      pixels[i] = (byte) (1 + i / 1024);
    }
    pixels[1025] = (byte) 200;
    out.writeBytes(pixels);
    return out.toByteArray();
  }

  private Path write(String name, byte[]... records) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    for (byte[] record : records) {
      out.writeBytes(record);
    }
    return Files.write(folder.resolve(name), out.toByteArray());
  }

  private void writeTraining() throws IOException {
    for (int i = 1; i <= 5; i++) {
      write("data_batch_" + i + ".bin", record(i), record(9));
    }
  }

  /** Catches channels that are not taken apart, and examples counted into the wrong file. */
  @Test
  void shouldReadTheTenClasses() throws IOException {
    writeTraining();
    Files.write(folder.resolve("batches.meta.txt"),
        String.join("\n", "a b c d e f g h i truck".split(" ")).concat("\n\n").getBytes());
    CifarBinary dataset = CifarBinary.open(folder, "train");
    assertThat(dataset.size()).isEqualTo(10);
    assertThat(dataset.classes()).isEqualTo(10);
    assertThat(dataset.classNames()).hasSize(10).endsWith("truck");
    assertThat(dataset.annotation(6).label()).isEqualTo(4);
    assertThat(dataset.annotation(7).label()).isEqualTo(9);
    assertThat(dataset.example(7).name()).isEqualTo("data_batch_4/00001");
    assertThat(dataset.width(0)).isEqualTo(32);
    assertThat(dataset.height(0)).isEqualTo(32);
    assertThat(dataset.hasCaptions()).isFalse();
    Picture picture = dataset.picture(3);
    assertThat(picture.samples()).startsWith(1, 2, 3, 1, 200, 3, 1, 2, 3).endsWith(1, 2, 3);
    assertThatThrownBy(() -> dataset.annotation(10)).isInstanceOf(IndexOutOfBoundsException.class)
        .hasMessage("example 10 of 10");
  }

  @Test
  void shouldReadEitherLabelOfTheHundredClasses() throws IOException {
    write("test.bin", record(19, 99), record(0, 5));
    CifarBinary fine = CifarBinary.open(folder, "test");
    assertThat(fine.annotation(0).label()).isEqualTo(99);
    assertThat(fine.classes()).isEqualTo(100);
    assertThat(fine.classNames()).isEmpty();
    assertThat(fine.picture(1).samples()).startsWith(1, 2, 3, 1, 200, 3);
    CifarBinary coarse = CifarBinary.open(folder, "test", CifarBinary.Labels.COARSE);
    assertThat(coarse.annotation(0).label()).isEqualTo(19);
    assertThat(coarse.classes()).isEqualTo(20);
  }

  @Test
  void shouldNameMissingFiles() throws IOException {
    writeTraining();
    Files.delete(folder.resolve("data_batch_3.bin"));
    assertThatThrownBy(() -> CifarBinary.open(folder, "train")).isInstanceOf(DatasetException.class)
        .hasMessage(folder
            + " lacks data_batch_3.bin of CIFAR-10, and train.bin of CIFAR-100; unpack the binary version of either"
            + " here");
    assertThatThrownBy(() -> CifarBinary.open(folder, "val"))
        .hasMessage(folder + ": the split val is not known to CIFAR, which has train and test");
  }

  @Test
  void shouldRefuseTruncatedFiles() throws IOException {
    Path file = write("test_batch.bin", record(1), Arrays.copyOf(record(2), 1000));
    assertThatThrownBy(() -> CifarBinary.open(folder, "test")).isInstanceOf(DatasetException.class).hasMessage(
        file + " is truncated: expected records of 3073 bytes each, so 6146 bytes or more, has 4073; unpack it again");
    write("test_batch.bin");
    assertThatThrownBy(() -> CifarBinary.open(folder, "test")).hasMessage(
        file + " is truncated: expected records of 3073 bytes each, so 3073 bytes or more, has 0; unpack it again");
  }

  /** Catches the Python version's files, and labels that are pixels. */
  @Test
  void shouldRefuseLabelsThatAreNone() throws IOException {
    Path file = write("test_batch.bin", record(1), record(200));
    assertThatThrownBy(() -> CifarBinary.open(folder, "test")).isInstanceOf(DatasetException.class)
        .hasMessage(file + ": record 1 has label 200, must be below 10; is it the binary version?");
  }

  @Test
  void shouldRefuseAnotherNumberOfNames() throws IOException {
    write("test.bin", record(0, 0));
    Path names = Files.write(folder.resolve("fine_label_names.txt"), Collections.nCopies(99, "apple"));
    assertThatThrownBy(() -> CifarBinary.open(folder, "test")).isInstanceOf(DatasetException.class)
        .hasMessage(names + " names 99 classes, there are 100; remove or repair it");
  }
}
