package dev.langevin.bench.onnx;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** A model in ONNX's format (onnx.proto of IR version 8), its large tensors in a file beside it. */
final class OnnxFile implements AutoCloseable {

  private static final int IR_VERSION = 8;
  private static final int OPSET = 17;
  private static final int FLOAT = 1;
  static final int INT64 = 7;

  /** Tensors of fewer elements stand in the model itself, where the runtime can see what they hold. */
  private static final int INLINE = 64;

  private final Path file;
  private final Path data;
  private final OutputStream dataOut;
  private final Message graph = new Message();
  private long written;
  private int names;

  OnnxFile(Path file) throws IOException {
    this.file = file;
    this.data = file.resolveSibling(file.getFileName() + ".data");
    this.dataOut = new BufferedOutputStream(Files.newOutputStream(data), 1 << 20);
    graph.text(2, "langevin");
  }

  String newName() {
    return "t" + names++;
  }

  void input(String name, int type, long... dims) {
    graph.message(11, valueInfo(name, type, dims));
  }

  void output(String name, long... dims) {
    graph.message(12, valueInfo(name, FLOAT, dims));
  }

  private static Message valueInfo(String name, int type, long... dims) {
    Message shape = new Message();
    for (long dim : dims) {
      shape.message(1, new Message().number(1, dim));
    }
    return new Message().text(1, name).message(2,
        new Message().message(1, new Message().number(1, type).message(2, shape)));
  }

  String floats(float[] values, long... dims) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(4 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asFloatBuffer().put(values);
    return tensor(FLOAT, buffer.array(), dims);
  }

  String longs(long... values) throws IOException {
    ByteBuffer buffer = ByteBuffer.allocate(8 * values.length).order(ByteOrder.LITTLE_ENDIAN);
    buffer.asLongBuffer().put(values);
    return tensor(INT64, buffer.array(), values.length);
  }

  private String tensor(int type, byte[] bytes, long... dims) throws IOException {
    Message tensor = new Message();
    Arrays.stream(dims).forEach(dim -> tensor.number(1, dim));
    String name = newName();
    tensor.number(2, type).text(8, name);
    if (bytes.length < 4 * INLINE) {
      tensor.raw(9, bytes);
    } else {
      Map<String, Object> place = Map.of("location", data.getFileName(), "offset", written, "length", bytes.length);
      place.forEach((key, value) -> tensor.message(13, new Message().text(1, key).text(2, value.toString())));
      tensor.number(14, 1);
      dataOut.write(bytes);
      dataOut.write(new byte[-bytes.length & 63]);
      written += bytes.length + (-bytes.length & 63);
    }
    graph.message(5, tensor);
    return name;
  }

  /** A node with one result. */
  String node(String type, List<String> inputs, Message... attributes) {
    return nodes(type, inputs, 1, attributes).getFirst();
  }

  List<String> nodes(String type, List<String> inputs, int results, Message... attributes) {
    Message node = new Message();
    inputs.forEach(input -> node.text(1, input));
    String[] outputs = new String[results];
    Arrays.setAll(outputs, i -> newName());
    List.of(outputs).forEach(output -> node.text(2, output));
    node.text(3, outputs[0]).text(4, type);
    for (Message attribute : attributes) {
      node.message(5, attribute);
    }
    graph.message(1, node);
    return List.of(outputs);
  }

  /** Gives a computed tensor the name of an output. */
  void rename(String tensor, String name) {
    graph.message(1, new Message().text(1, tensor).text(2, name).text(3, name).text(4, "Identity"));
  }

  static Message real(String name, double value) {
    return new Message().text(1, name).real(2, (float) value).number(20, 1);
  }

  static Message number(String name, long value) {
    return new Message().text(1, name).number(3, value).number(20, 2);
  }

  static Message text(String name, String value) {
    return new Message().text(1, name).text(4, value).number(20, 3);
  }

  static Message numbers(String name, long... values) {
    Message attribute = new Message().text(1, name);
    Arrays.stream(values).forEach(value -> attribute.number(8, value));
    return attribute.number(20, 7);
  }

  /** Writes the model. */
  @Override
  public void close() throws IOException {
    dataOut.close();
    Files.write(file, new Message().number(1, IR_VERSION).text(2, "langevin").message(7, graph)
        .message(8, new Message().text(1, "").number(2, OPSET)).toByteArray());
  }
}
