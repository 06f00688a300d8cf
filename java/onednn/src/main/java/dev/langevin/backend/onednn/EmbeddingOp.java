package dev.langevin.backend.onednn;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.graph.Node;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Copies rows of a table. */
record EmbeddingOp(Node node) implements PreparedOp {

  @Override
  public String implementation() {
    return "java";
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    MemorySegment output = outputs.getFirst();
    MemorySegment indices = inputs.get(0);
    MemorySegment table = inputs.get(1);
    long entries = node.input(1).shape().dim(0);
    long bytes = 4 * node.input(1).shape().dim(1);
    long rows = node.input(0).shape().elements();
    return () -> {
      for (long n = 0; n < rows; n++) {
        long index = indices.getAtIndex(ValueLayout.JAVA_LONG, n);
        if (index < 0 || index >= entries) {
          throw new IllegalArgumentException(
              node.output().name() + ": index " + index + " is outside its table of " + entries + " entries");
        }
        MemorySegment.copy(table, index * bytes, output, n * bytes, bytes);
      }
    };
  }
}
