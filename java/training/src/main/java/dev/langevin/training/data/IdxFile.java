package dev.langevin.training.data;

import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.zip.GZIPInputStream;

/**
 * An array of unsigned bytes in an IDX file: two zeros, 8 for unsigned bytes, the number of axes, each axis's length as
 * four bytes (the highest first), the values.
 */
record IdxFile(Path file, int[] dims, byte[] values) {

  private static final int UNSIGNED_BYTE = 8;

  int dim(int axis) {
    return dims[axis];
  }

  /**
   * Finds and reads a file.
   *
   * @param name without its ending {@code -idx3-ubyte} or {@code .idx3-ubyte}, which depends on the axes
   * @throws DatasetException if it is missing, of another kind, truncated or too long
   */
  static IdxFile read(Path folder, String name, int axes) {
    String ending = "idx" + axes + "-ubyte";
    List<Path> names = List.of(folder.resolve(name + "-" + ending), folder.resolve(name + "-" + ending + ".gz"),
        folder.resolve(name + "." + ending), folder.resolve(name + "." + ending + ".gz"));
    Path file = names.stream().filter(Files::isRegularFile).findFirst()
        .orElseThrow(() -> new DatasetException(folder + " has no file " + name + "-" + ending + ", nor one with .gz"));
    try {
      return parse(file, axes, contents(file));
    } catch (IOException e) {
      throw new DatasetException(file + " cannot be read: " + e.getMessage(), e);
    }
  }

  /** All bytes; of a truncated archive those that are there. */
  private static byte[] contents(Path file) throws IOException {
    if (!file.toString().endsWith(".gz")) {
      return Files.readAllBytes(file);
    }
    ByteArrayOutputStream contents = new ByteArrayOutputStream();
    try (InputStream in = new GZIPInputStream(Files.newInputStream(file))) {
      byte[] part = new byte[1 << 16];
      for (int count = in.read(part); count >= 0; count = in.read(part)) {
        contents.write(part, 0, count);
      }
    } catch (EOFException e) {
      return contents.toByteArray(); // the number of bytes is compared with the header's, which says more
    }
    return contents.toByteArray();
  }

  private static IdxFile parse(Path file, int axes, byte[] bytes) {
    int header = 4 + 4 * axes;
    if (bytes.length < header) {
      throw new DatasetException(
          file + " is truncated: expected at least " + header + " bytes of header, has " + bytes.length
              + "; download it again");
    }
    ByteBuffer in = ByteBuffer.wrap(bytes);
    int magic = in.getInt();
    int expectedMagic = UNSIGNED_BYTE << 8 | axes;
    if (magic != expectedMagic) {
      throw new DatasetException(
          "%s begins with 0x%08x, expected 0x%08x, an array of unsigned bytes with %d axes; is it the right file?"
              .formatted(file, magic, expectedMagic, axes));
    }
    int[] dims = new int[axes];
    long expected = 1;
    for (int i = 0; i < axes; i++) {
      dims[i] = in.getInt();
      if (dims[i] < 1 || dims[i] > Integer.MAX_VALUE / expected) {
        throw new DatasetException(file + ": its header says lengths " + Arrays.toString(Arrays.copyOf(dims, i + 1))
            + ", which must be at least 1 and make less than 2 GiB; is it damaged?");
      }
      expected *= dims[i];
    }
    if (bytes.length != header + expected) {
      throw new DatasetException(
          file + (bytes.length < header + expected ? " is truncated" : " is too long") + ": expected "
              + (header + expected) + " bytes for lengths " + Arrays.toString(dims) + ", has " + bytes.length
              + "; download it again");
    }
    return new IdxFile(file, dims, Arrays.copyOfRange(bytes, header, bytes.length));
  }
}
