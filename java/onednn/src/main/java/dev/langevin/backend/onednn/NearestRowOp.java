package dev.langevin.backend.onednn;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.graph.Node;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** The nearest of a table's rows: once a picture, and of few channels. */
record NearestRowOp(Node node) implements PreparedOp {

  @Override
  public String implementation() {
    return "java";
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    MemorySegment output = outputs.getFirst();
    MemorySegment src = inputs.get(0);
    MemorySegment table = inputs.get(1);
    long channels = node.output().shape().dim(-1);
    long rows = node.output().shape().elements() / channels;
    long entries = node.input(1).shape().dim(0);
    return () -> {
      for (long row = 0; row < rows; row++) {
        long nearest = 0;
        float least = Float.POSITIVE_INFINITY;
        for (long k = 0; k < entries; k++) {
          float distance = 0;
          for (long c = 0; c < channels; c++) {
            float difference = src.getAtIndex(ValueLayout.JAVA_FLOAT, row * channels + c)
                - table.getAtIndex(ValueLayout.JAVA_FLOAT, k * channels + c);
            distance += difference * difference;
          }
          if (distance < least) {
            least = distance;
            nearest = k;
          }
        }
        MemorySegment.copy(table, 4 * nearest * channels, output, 4 * row * channels, 4 * channels);
      }
    };
  }
}
