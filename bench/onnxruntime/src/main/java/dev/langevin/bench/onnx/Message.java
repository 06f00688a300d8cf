package dev.langevin.bench.onnx;

import com.google.protobuf.CodedOutputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;

/** A protocol buffer that is written field by field, by the numbers of onnx.proto. */
final class Message {

  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  Message number(int field, long value) {
    return write(out -> out.writeInt64(field, value));
  }

  Message real(int field, float value) {
    return write(out -> out.writeFloat(field, value));
  }

  Message text(int field, String value) {
    return raw(field, value.getBytes(StandardCharsets.UTF_8));
  }

  Message raw(int field, byte[] value) {
    return write(out -> out.writeByteArray(field, value));
  }

  Message message(int field, Message value) {
    return raw(field, value.toByteArray());
  }

  byte[] toByteArray() {
    return bytes.toByteArray();
  }

  private interface Field {
    void write(CodedOutputStream out) throws IOException;
  }

  private Message write(Field field) {
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      field.write(out);
      out.flush();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
