package dev.langevin.bench.onnx;

import ai.onnxruntime.OnnxTensor;
import ai.onnxruntime.OrtEnvironment;
import ai.onnxruntime.OrtException;
import ai.onnxruntime.OrtSession;
import ai.onnxruntime.OrtSession.SessionOptions;
import ai.onnxruntime.OrtSession.SessionOptions.OptLevel;
import dev.langevin.graph.Graph;
import dev.langevin.tensor.DType;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;

/** A model in ONNX Runtime, with its inputs' memory. */
final class OnnxSession implements AutoCloseable {

  private final OrtSession session;
  private final Map<String, ByteBuffer> memory = new HashMap<>();
  private final Map<String, OnnxTensor> inputs = new HashMap<>();

  /** @param graph what the file was written from */
  OnnxSession(Path file, Graph graph, int threads) throws OrtException {
    OrtEnvironment environment = OrtEnvironment.getEnvironment();
    try (SessionOptions options = new SessionOptions()) {
      options.setOptimizationLevel(OptLevel.ALL_OPT);
      options.setIntraOpNumThreads(threads);
      options.setInterOpNumThreads(1);
      session = environment.createSession(file.toString(), options);
    }
    for (String name : session.getInputNames()) {
      var value = graph.inputs().get(name);
      ByteBuffer buffer = ByteBuffer.allocateDirect(Math.toIntExact(value.bytes())).order(ByteOrder.nativeOrder());
      memory.put(name, buffer);
      inputs.put(name,
          value.dtype() == DType.I64 ? OnnxTensor.createTensor(environment, buffer.asLongBuffer(), value.shape().dims())
              : OnnxTensor.createTensor(environment, buffer.asFloatBuffer(), value.shape().dims()));
    }
  }

  /** Where an input's numbers are written before a run. */
  ByteBuffer input(String name) {
    return memory.get(name);
  }

  OrtSession.Result run() throws OrtException {
    return session.run(inputs);
  }

  @Override
  public void close() throws OrtException {
    inputs.values().forEach(OnnxTensor::close);
    session.close();
  }
}
