package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Float8;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.UnaryOperator;

/** Writes safetensors files tensor by tensor, so that no more than a chunk of one is in memory. */
public final class SafetensorsWriter {

  /** The header is filled up to a multiple of this, so that tensors are aligned. */
  private static final int ALIGNMENT = 8;

  private static final int CHUNK = 1 << 16;

  /** Bytes that are copied at a time. */
  private static final long COPIED = 1 << 24;

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
   * @param encoding F32, F16, BF16, F8_E4M3 or F8_E5M2
   * @throws WeightsException if the place cannot be written, or a number has none there, naming its tensor
   */
  public static void write(Path file, Map<String, Shape> shapes, Encoding encoding, Map<String, String> metadata,
      Values values) {
    Map<String, Kind> kinds = new LinkedHashMap<>();
    shapes.forEach((name, shape) -> kinds.put(name, new Kind(shape, requireWritten(encoding))));
    write(file, kinds, metadata, false, (channel, name) -> write(channel, name, shapes.get(name), encoding,
        (n, shape, first, chunk, count) -> {
          values.read(n, shape, first, chunk, count);
          requireHeld(file + ": " + n, chunk, count, encoding);
        }));
  }

  /**
   * Writes tensors as they are, or rounded. A number that is too large for what it is rounded to is refused. The file
   * is on the disk before it has its name.
   *
   * @param as what a tensor of some encoding is written as: the same, or F32, F16, BF16, F8_E4M3 or F8_E5M2
   * @throws WeightsException if the place cannot be written, or a number has none there, naming its tensor
   */
  public static void write(Path file, NamedTensors tensors, UnaryOperator<Encoding> as, Map<String, String> metadata) {
    Map<String, Kind> kinds = new TreeMap<>();
    for (String name : tensors.names()) {
      Tensor tensor = tensors.tensor(name);
      Encoding encoding = as.apply(tensor.encoding());
      kinds.put(name, new Kind(tensor.shape(),
          encoding.equals(tensor.encoding()) && encoding instanceof Enum ? encoding : requireWritten(encoding)));
    }
    Map<String, Kind> ordered = new LinkedHashMap<>(); // wide elements first: so all of them are aligned
    kinds.entrySet().stream()
        .sorted(Comparator.comparingInt(entry -> -entry.getValue().encoding.blockBytes()))
        .forEach(entry -> ordered.put(entry.getKey(), entry.getValue()));
    write(file, ordered, metadata, true, (channel, name) -> {
      Tensor tensor = tensors.tensor(name);
      Encoding encoding = ordered.get(name).encoding;
      if (encoding.equals(tensor.encoding())) {
        copy(channel, tensor);
      } else {
        write(channel, name, tensor.shape(), encoding, (n, shape, first, chunk, count) -> {
          tensor.copyFloats(first, count, MemorySegment.ofArray(chunk));
          requireHeld(tensors.origin() + ": " + name, chunk, count, encoding);
        });
      }
    });
  }

  private static Encoding requireWritten(Encoding encoding) {
    if (encoding != DType.F32 && encoding != DType.F16 && encoding != DType.BF16 && encoding != Float8.F8_E4M3
        && encoding != Float8.F8_E5M2) {
      throw new IllegalArgumentException(
          "tensors are written as F32, F16, BF16, F8_E4M3 or F8_E5M2, not as " + encoding.name());
    }
    return encoding;
  }

  /** @throws WeightsException naming a finite number that would become an infinity, or the largest one */
  private static void requireHeld(String what, float[] values, int count, Encoding encoding) {
    float limit = switch (encoding) {
      case Float8 float8 -> float8 == Float8.F8_E4M3 ? Math.nextUp(464f) : 61440; // rounded up from there on
      case DType dtype when dtype == DType.F16 -> 65520;
      case DType dtype when dtype == DType.BF16 -> Float.intBitsToFloat(0x7f7f8000);
      default -> Float.POSITIVE_INFINITY;
    };
    for (int i = 0; i < count; i++) {
      if (Math.abs(values[i]) >= limit && Float.isFinite(values[i])) {
        throw new WeightsException(what + " has a " + values[i] + ", which is too large for "
            + (encoding instanceof Float8 ? "fp8" : encoding.name().toLowerCase(Locale.ROOT)) + "; keep f32");
      }
    }
  }

  private static void copy(FileChannel channel, Tensor tensor) throws IOException {
    long bytes = tensor.data().byteSize();
    for (long at = 0; at < bytes; at += COPIED) {
      write(channel, tensor.data().asSlice(at, Math.min(COPIED, bytes - at)).asByteBuffer());
    }
  }

  /** A tensor's shape and how its elements are written. */
  private record Kind(Shape shape, Encoding encoding) {}

  /** What writes a tensor's bytes. */
  private interface Bytes {
    void write(FileChannel channel, String name) throws IOException;
  }

  private static void write(Path file, Map<String, Kind> kinds, Map<String, String> metadata, boolean synced,
      Bytes bytes) {
    Path partial = file.resolveSibling("." + file.getFileName() + ".partial");
    try {
      try (FileChannel channel =
          FileChannel.open(partial, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
              StandardOpenOption.WRITE)) {
        write(channel, header(kinds, metadata));
        for (String name : kinds.keySet()) {
          bytes.write(channel, name);
        }
        if (synced) {
          channel.force(true);
        }
      }
      Files.move(partial, file, StandardCopyOption.REPLACE_EXISTING, StandardCopyOption.ATOMIC_MOVE);
      if (synced) {
        DiskSync.sync(file.toAbsolutePath().getParent());
      }
    } catch (IOException e) {
      throw new WeightsException(file + ": cannot be written: " + e, e);
    } finally {
      partial.toFile().delete();
    }
  }

  private static ByteBuffer header(Map<String, Kind> kinds, Map<String, String> metadata)
      throws JsonProcessingException {
    Map<String, Object> entries = new LinkedHashMap<>();
    entries.put("__metadata__", metadata);
    long at = 0;
    for (Map.Entry<String, Kind> tensor : kinds.entrySet()) {
      Shape shape = tensor.getValue().shape;
      Encoding encoding = tensor.getValue().encoding;
      long end = at + encoding.bytes(shape.elements());
      Map<String, Object> entry = new LinkedHashMap<>(); // in one order: the same tensors make the same file, byte for
                                                         // byte
      entry.put("dtype", encoding.name());
      entry.put("shape", Arrays.stream(shape.dims()).boxed().toList());
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
    float[] chunk = new float[(int) Math.min(CHUNK, shape.elements())];
    ByteBuffer bytes = ByteBuffer.allocateDirect(chunk.length * encoding.blockBytes()).order(ByteOrder.LITTLE_ENDIAN);
    for (long first = 0; first < shape.elements(); first += CHUNK) {
      int count = (int) Math.min(CHUNK, shape.elements() - first);
      values.read(name, shape, first, chunk, count);
      bytes.clear();
      for (int i = 0; i < count; i++) {
        switch (encoding) {
          case Float8 float8 -> bytes.put(float8.round(chunk[i]));
          case DType dtype when dtype == DType.F16 -> bytes.putShort(Float.floatToFloat16(chunk[i]));
          case DType dtype when dtype == DType.BF16 -> bytes.putShort(DType.floatToBf16(chunk[i]));
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
