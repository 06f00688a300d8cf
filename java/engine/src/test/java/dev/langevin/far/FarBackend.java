package dev.langevin.far;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.BlockKernels;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Memory;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.graph.Node;
import dev.langevin.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;

/** Another backend's kernels on {@link FarMemory}. */
record FarBackend(Backend inner, Memory memory) implements Backend {

  @Override
  public String name() {
    return "far";
  }

  @Override
  public int device() {
    return 0;
  }

  @Override
  public int threads() {
    return inner.threads();
  }

  @Override
  public String description() {
    return "far from the host: " + inner.description();
  }

  @Override
  public String build() {
    return inner.build();
  }

  @Override
  public Map<String, String> facts() {
    return inner.facts();
  }

  @Override
  public String refusal(Precision precision) {
    return inner.refusal(precision);
  }

  @Override
  public PreparedOp prepare(Node node) {
    return new FarOp(inner.prepare(node));
  }

  @Override
  public PreparedOp prepare(Node node, Precision precision) {
    return new FarOp(inner.prepare(node, precision));
  }

  @Override
  public PreparedOp prepareOf(DType stored, Node node) {
    return new FarOp(inner.prepareOf(stored, node));
  }

  @Override
  public Memory memory() {
    return memory;
  }

  @Override
  public BlockKernels blocks() {
    return new FarBlocks(inner.blocks());
  }

  @Override
  public <T> T call(Callable<T> work) {
    return inner.call(work);
  }

  @Override
  public void post(long nanoseconds, Runnable work) {
    inner.post(nanoseconds, work);
  }

  @Override
  public boolean isCurrentThread() {
    return inner.isCurrentThread();
  }

  @Override
  public Backend share() {
    return new FarBackend(inner.share(), memory);
  }

  @Override
  public void close() {
    inner.close();
  }

  private record FarOp(PreparedOp inner) implements PreparedOp {

    @Override
    public String implementation() {
      return inner.implementation();
    }

    @Override
    public long scratchBytes() {
      return inner.scratchBytes();
    }

    @Override
    public WeightLayout weightLayout(int index) {
      return inner.weightLayout(index);
    }

    @Override
    public PreparedOp compact() {
      PreparedOp compact = inner.compact();
      return compact == null ? null : new FarOp(compact);
    }

    @Override
    public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
      return inner.bind(inputs.stream().map(FarMemory::near).toList(), outputs.stream().map(FarMemory::near).toList(),
          FarMemory.near(scratch));
    }

    @Override
    public void close() {
      inner.close();
    }
  }

  private record FarBlocks(BlockKernels inner) implements BlockKernels {

    @Override
    public void adamW(AdamW step, Block weights, Block gradients,
        Block first, Block second, Block average) {
      inner.adamW(step, FarMemory.near(weights), FarMemory.near(gradients), FarMemory.near(first),
          FarMemory.near(second),
          FarMemory.near(average));
    }

    @Override
    public double sumOfSquares(Block values) {
      return inner.sumOfSquares(FarMemory.near(values));
    }

    @Override
    public void add(Block source, Block target) {
      inner.add(FarMemory.near(source), FarMemory.near(target));
    }

    @Override
    public void axpby(double a, Block x, double b, Block y, Block target) {
      inner.axpby(a, FarMemory.near(x), b, FarMemory.near(y), FarMemory.near(target));
    }

    @Override
    public void rescale(Block answers, int samples, double guidance, double amount) {
      inner.rescale(FarMemory.near(answers), samples, guidance, amount);
    }

    @Override
    public void keep(double signal, Block picture, double noise, Block drawn,
        Block mask, Block x) {
      inner.keep(signal, FarMemory.near(picture), noise, FarMemory.near(drawn), FarMemory.near(mask),
          FarMemory.near(x));
    }
  }
}
