package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Shape;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Writes safetensors files tensor by tensor, so that no more than a chunk of one is in memory. */
public final class SafetensorsWriter {

  /** The header is filled up to a multiple of this, so that tensors are aligned. */
  private static final int ALIGNMENT = 8;

  private static final int CHUNK = 1 << 16;

  /** Where the numbers come from. */
  @FunctionalInterface
  public interface Values {

    /**
     * Fills {@code chunk} with the {@code count} values from element {@code first} on; called in rising order for each
     * tensor.
     */
    void read(String name, Shape shape, long first, float[] chunk, int count);
  }

  private SafetensorsWriter() {}

  /**
   * Writes a file: whole under another name first, then renamed.
   *
   * @param shapes of the tensors, in the order of the file
   * @param encoding F32, F16, F8_E4M3 or F8_E5M2
   * @throws WeightsException if the place cannot be written
   */
  public static void write(Path file, Map<String, Shape> shapes, Encoding encoding, Map<String, String> metadata,
      Values values) {
    if (encoding != DType.F32 && encoding != DType.F16 && encoding != Float8.F8_E4M3 && encoding != Float8.F8_E5M2) {
      throw new IllegalArgumentException(
          "tensors are written as F32, F16, F8_E4M3 or F8_E5M2, not as " + encoding.name());
    }
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    try {
      try (FileChannel channel =
          FileChannel.open(partial, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        write(channel, header(shapes, encoding, metadata));
        for (Map.Entry<String, Shape> tensor : shapes.entrySet()) {
          write(channel, tensor.getKey(), tensor.getValue(), encoding, values);
        }
      }
      Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be written: " + e, e);
    } finally {
      partial.toFile().delete();
    }
  }

  private static ByteBuffer header(Map<String, Shape> shapes, Encoding encoding, Map<String, String> metadata)
      throws JsonProcessingException {
    Map<String, Object> entries = new LinkedHashMap<>();
    entries.put("__metadata__", metadata);
    long at = 0;
    for (Map.Entry<String, Shape> tensor : shapes.entrySet()) {
      long end = at + encoding.bytes(tensor.getValue().elements());
      Map<String, Object> entry = new LinkedHashMap<>(); // in one order: the same tensors make the same file, byte for
                                                         // byte
      entry.put("dtype", encoding.name());
      entry.put("shape", Arrays.stream(tensor.getValue().dims()).boxed().toList());
      entry.put("data_offsets", List.of(at, end));
      entries.put(tensor.getKey(), entry);
      at = end;
    }
    byte[] json = new ObjectMapper(Json.factory().build()).writeValueAsBytes(entries);
    int padded = (json.length + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    ByteBuffer header = ByteBuffer.allocate(8 + padded).order(ByteOrder.LITTLE_ENDIAN).putLong(padded).put(json);
    header.put(" ".repeat(padded - json.length).getBytes(StandardCharsets.US_ASCII));
    return header.flip();
  }

  private static void write(FileChannel channel, String name, Shape shape, Encoding encoding, Values values)
      throws IOException {
    float[] chunk = new float[CHUNK];
    ByteBuffer bytes = ByteBuffer.allocateDirect(CHUNK * encoding.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (long first = 0; first < shape.elements(); first += CHUNK) {
      int count = (int) Math.min(CHUNK, shape.elements() - first);
      values.read(name, shape, first, chunk, count);
      bytes.clear();
      for (int i = 0; i < count; i++) {
        switch (encoding) {
          case Float8 float8 -> bytes.put(float8.round(chunk[i]));
          case DType dtype when dtype == DType.F16 -> bytes.putShort(Float.floatToFloat16(chunk[i]));
          default -> bytes.putFloat(chunk[i]);
        }
      }
      write(channel, bytes.flip());
    }
  }

  private static void write(FileChannel channel, ByteBuffer bytes) throws IOException {
    while (bytes.hasRemaining()) {
      channel.write(bytes);
    }
  }
}
