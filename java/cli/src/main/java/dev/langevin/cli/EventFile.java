package dev.langevin.cli;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.zip.CRC32C;

/**
 * A file of scalars that TensorBoard reads: records of TensorFlow's (length, checksum, bytes, checksum), each an Event
 * of its protocol buffers. Written record by record.
 */
final class EventFile implements AutoCloseable {

  /** What TensorFlow adds to a checksum that lies in a file of checksums. */
  private static final int MASK = 0xa282ead8;

  // fields of tensorflow.Event, Summary and Summary.Value, with the kind of their bytes
  private static final int WALL_TIME = 1 << 3 | 1;
  private static final int STEP = 2 << 3;
  private static final int FILE_VERSION = 3 << 3 | 2;
  private static final int SUMMARY = 5 << 3 | 2;
  private static final int VALUE = 1 << 3 | 2;
  private static final int TAG = 1 << 3 | 2;
  private static final int SIMPLE_VALUE = 2 << 3 | 5;

  private final OutputStream stream;

  private EventFile(OutputStream stream) {
    this.stream = stream;
  }

  /** A new file in a folder; those of earlier parts of a run stay. */
  static EventFile in(Path folder) throws IOException {
    String name =
        "events.out.tfevents." + System.currentTimeMillis() / 1000 + ".langevin." + ProcessHandle.current().pid();
    EventFile file = new EventFile(Files.newOutputStream(folder.resolve(name)));
    Message event = time();
    event.bytes(FILE_VERSION, "brain.Event:2".getBytes(StandardCharsets.US_ASCII));
    file.write(event);
    return file;
  }

  private static Message time() {
    Message event = new Message();
    event.fixed(WALL_TIME, Double.BYTES).putDouble(0, System.currentTimeMillis() / 1000.0);
    event.end();
    return event;
  }

  /** One record with a value of each curve. */
  void scalars(long step, Map<String, Double> values) throws IOException {
    Message summary = new Message();
    values.forEach((tag, value) -> {
      Message one = new Message();
      one.bytes(TAG, tag.getBytes(StandardCharsets.UTF_8));
      one.fixed(SIMPLE_VALUE, Float.BYTES).putFloat(0, value.floatValue());
      one.end();
      summary.bytes(VALUE, one.toByteArray());
    });
    Message event = time();
    event.number(STEP, step);
    event.bytes(SUMMARY, summary.toByteArray());
    write(event);
  }

  private void write(Message event) throws IOException {
    byte[] data = event.toByteArray();
    byte[] length = ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(data.length).array();
    stream.write(length);
    stream.write(checksum(length));
    stream.write(data);
    stream.write(checksum(data));
    stream.flush();
  }

  private static byte[] checksum(byte[] bytes) {
    CRC32C sum = new CRC32C();
    sum.update(bytes);
    int value = (int) sum.getValue();
    return ByteBuffer.allocate(Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN)
        .putInt(Integer.rotateRight(value, 15) + MASK).array();
  }

  @Override
  public void close() throws IOException {
    stream.close();
  }

  /** A protocol buffer in the making. */
  private static final class Message extends ByteArrayOutputStream {

    private ByteBuffer fixed;

    void number(int field, long value) {
      write(field);
      long rest = value;
      while ((rest & ~0x7fL) != 0) {
        write((int) (rest & 0x7f | 0x80));
        rest >>>= 7;
      }
      write((int) rest);
    }

    void bytes(int field, byte[] value) {
      number(field, value.length);
      writeBytes(value);
    }

    /** To be filled, then added by {@link #end}. */
    ByteBuffer fixed(int field, int bytes) {
      write(field);
      fixed = ByteBuffer.allocate(bytes).order(ByteOrder.LITTLE_ENDIAN);
      return fixed;
    }

    void end() {
      writeBytes(fixed.array());
    }
  }
}
