package dev.langevin.weights;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes safetensors files of any size in no room: tensors are holes, which read as zeros, but for those whose values
 * are given.
 */
final class SparseFile {

  private SparseFile() {}

  /** All tensors f16, but for f32 where there are values. */
  static Path write(Path path, Map<String, long[]> shapes, Map<String, float[]> values, Map<String, String> metadata)
      throws IOException {
    Map<String, Object> header = new LinkedHashMap<>();
    header.put("__metadata__", metadata);
    Map<String, Long> begins = new LinkedHashMap<>();
    long at = 0;
    for (Map.Entry<String, long[]> entry : shapes.entrySet()) {
      String name = entry.getKey();
      long bytes = values.containsKey(name) ? 4 : 2;
      for (long dim : entry.getValue()) {
        bytes *= dim;
      }
      begins.put(name, at);
      header.put(name, Map.of("dtype", values.containsKey(name) ? "F32" : "F16", "shape", entry.getValue(),
          "data_offsets", List.of(at, at + bytes)));
      at += bytes;
    }
    byte[] json = new ObjectMapper().writeValueAsBytes(header);
    try (RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw")) {
      file.setLength(8 + json.length + at);
      file.write(ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(json.length).array());
      file.write(json);
      for (Map.Entry<String, float[]> entry : values.entrySet()) {
        ByteBuffer bytes = ByteBuffer.allocate(4 * entry.getValue().length).order(ByteOrder.LITTLE_ENDIAN);
        bytes.asFloatBuffer().put(entry.getValue());
        file.seek(8 + json.length + begins.get(entry.getKey()));
        file.write(bytes.array());
      }
    }
    return path;
  }
}
