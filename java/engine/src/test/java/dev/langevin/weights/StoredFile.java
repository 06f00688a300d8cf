package dev.langevin.weights;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Float8;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A safetensors file of tensors of several types, whose bytes are given. */
final class StoredFile {

  private final Map<String, Object> header = new LinkedHashMap<>();
  private final ByteArrayOutputStream data = new ByteArrayOutputStream();

  StoredFile codes(String name, Encoding encoding, byte[] bytes, long... shape) {
    header.put(name, Map.of("dtype", encoding.name(), "shape", Arrays.stream(shape).boxed().toList(),
        "data_offsets", List.of(data.size(), data.size() + bytes.length)));
    data.writeBytes(bytes);
    return this;
  }

  /** Numbers that the format holds. */
  StoredFile float8(String name, Float8 format, float[] values, long... shape) {
    byte[] codes = new byte[values.length];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = format.round(values[i]);
    }
    return codes(name, format, codes, shape);
  }

  StoredFile floats(String name, float[] values, long... shape) {
    ByteBuffer bytes = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    bytes.asFloatBuffer().put(values);
    return codes(name, DType.F32, bytes.array(), shape);
  }

  StoredFile text(String name, String text) {
    byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
    return codes(name, DType.U8, bytes, bytes.length);
  }

  StoredFile metadata(String name, String text) {
    header.put("__metadata__", Map.of(name, text));
    return this;
  }

  Path write(Path file) {
    try {
      byte[] json = new com.fasterxml.jackson.databind.ObjectMapper().writeValueAsBytes(header);
      ByteBuffer bytes = ByteBuffer.allocate(8 + json.length + data.size()).order(ByteOrder.LITTLE_ENDIAN);
      Files.createDirectories(file.getParent());
      return Files.write(file, bytes.putLong(json.length).put(json).put(data.toByteArray()).array());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
