package dev.langevin.weights;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.zip.CRC32;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/** Writes pickles opcode by opcode, and the archives that torch puts them in. */
final class TorchFiles {

  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  /** A pickle of protocol 2 begun. */
  static TorchFiles pickle() {
    return new TorchFiles().op(0x80, 2);
  }

  TorchFiles op(int... bytes) {
    for (int b : bytes) {
      out.write(b);
    }
    return this;
  }

  /** Opcodes that are letters. */
  TorchFiles ops(String letters) {
    letters.chars().forEach(out::write);
    return this;
  }

  TorchFiles global(String module, String name) {
    return ops("c" + module + "\n" + name + "\n");
  }

  TorchFiles text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    ops("X").out.writeBytes(ints(utf8.length));
    out.writeBytes(utf8);
    return this;
  }

  TorchFiles number(int value) {
    ops("J").out.writeBytes(ints(value));
    return this;
  }

  TorchFiles tuple(int... values) {
    ops("(");
    for (int value : values) {
      number(value);
    }
    return ops("t");
  }

  /** A tensor on a storage. */
  TorchFiles tensor(String type, String key, int elements, int offset, int[] shape, int[] strides) {
    global("torch._utils", "_rebuild_tensor_v2").ops("((").text("storage").global("torch", type).text(key).text("cpu")
        .number(elements)
        .ops("tQ").number(offset).tuple(shape).tuple(strides).op(0x89); // requires no gradient
    return global("collections", "OrderedDict").ops(")RtR");
  }

  /** A tensor on the bytes of storage 0, whose type the tensor tells. */
  TorchFiles untyped(String type, int bytes, int offset, int[] shape, int[] strides) {
    global("torch._utils", "_rebuild_tensor_v3").ops("((").text("storage").global("torch.storage", "UntypedStorage")
        .text("0").text("cpu")
        .number(bytes).ops("tQ").number(offset).tuple(shape).tuple(strides).op(0x89); // requires no gradient
    return global("collections", "OrderedDict").ops(")R").global("torch", type).ops("tR");
  }

  /** Ends the pickle. */
  byte[] bytes() {
    return ops(".").out.toByteArray();
  }

  private static byte[] ints(int value) {
    return ByteBuffer.allocate(4).order(ByteOrder.LITTLE_ENDIAN).putInt(value).array();
  }

  /** A checkpoint of a pickle and of storages of f32 by their keys. */
  static byte[] checkpoint(byte[] pickle, Map<String, float[]> storages) throws IOException {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (ZipOutputStream zip = new ZipOutputStream(bytes)) {
      stored(zip, "archive/data.pkl", pickle);
      for (Map.Entry<String, float[]> storage : storages.entrySet()) {
        ByteBuffer data = ByteBuffer.allocate(storage.getValue().length * 4).order(ByteOrder.LITTLE_ENDIAN);
        data.asFloatBuffer().put(storage.getValue());
        stored(zip, "archive/data/" + storage.getKey(), data.array());
      }
    }
    return bytes.toByteArray();
  }

  static void stored(ZipOutputStream zip, String name, byte[] data) throws IOException {
    ZipEntry entry = new ZipEntry(name);
    entry.setMethod(ZipEntry.STORED);
    entry.setSize(data.length);
    CRC32 crc = new CRC32();
    crc.update(data);
    entry.setCrc(crc.getValue());
    zip.putNextEntry(entry);
    zip.write(data);
    zip.closeEntry();
  }
}
