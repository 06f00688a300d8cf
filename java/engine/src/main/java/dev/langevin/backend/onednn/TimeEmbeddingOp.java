package dev.langevin.backend.onednn;

import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/** Sines and cosines of a few times: too little work for a kernel of its own. */
record TimeEmbeddingOp(Op.TimeEmbedding op, Node node) implements PreparedOp {

  @Override
  public String implementation() {
    return "java";
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, MemorySegment output, MemorySegment scratch) {
    float[] frequencies = op.frequencies();
    MemorySegment times = inputs.getFirst();
    int rows = node.output().shape().intDim(0);
    int sines = op.cosineFirst() ? frequencies.length : 0;
    int cosines = op.cosineFirst() ? 0 : frequencies.length;
    return () -> {
      for (int n = 0; n < rows; n++) {
        float time = times.getAtIndex(ValueLayout.JAVA_FLOAT, n);
        long row = (long) n * op.width();
        for (int i = 0; i < frequencies.length; i++) {
          float angle = time * frequencies[i];
          output.setAtIndex(ValueLayout.JAVA_FLOAT, row + sines + i, (float) Math.sin(angle));
          output.setAtIndex(ValueLayout.JAVA_FLOAT, row + cosines + i, (float) Math.cos(angle));
        }
        if (op.width() % 2 == 1) {
          output.setAtIndex(ValueLayout.JAVA_FLOAT, row + op.width() - 1, 0f);
        }
      }
    };
  }
}
