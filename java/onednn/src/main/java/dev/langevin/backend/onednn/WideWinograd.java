package dev.langevin.backend.onednn;

import dev.langevin.backend.Closing;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.PreparedOp;
import dev.langevin.bindings.shim.Shim;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.PostOp;
import dev.langevin.graph.Value;
import dev.langevin.tensor.Shape;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;

/**
 * A 5x5 convolution as the sum of four 3x3 ones of the same picture, each by Winograd's algorithm: the kernel's rows 0
 * to 2, and 2 to 4 without the middle one, which the first have; columns likewise. 9 multiplications a result in place
 * of 25.
 */
final class WideWinograd implements PreparedOp {

  private static final int KERNEL = 5;
  private static final int PART = 3;
  private static final int MIDDLE = KERNEL - PART;

  private final List<Winograd> parts;
  private final Shape weights;
  private final long partBytes;
  private final Supplier<PreparedOp> compact;

  private WideWinograd(List<Winograd> parts, Shape weights, Supplier<PreparedOp> compact) {
    this.parts = parts;
    this.weights = weights;
    this.partBytes = parts.getFirst().weightLayout(1).bytes();
    this.compact = compact;
  }

  /** The convolution, or null where another kernel is the better one, or the only one; as {@link Winograd}'s. */
  static WideWinograd convolution(Op.Conv2d op, Node node, Supplier<PreparedOp> direct) {
    Shape weights = node.input(1).shape();
    if (weights.dim(2) != KERNEL || weights.dim(3) != KERNEL || op.stride() != 1 || !node.input(1).isWeight()
        || !op.padding().equals(Op.Padding.of(KERNEL / 2)) || !op.post().isEmpty()) {
      return null;
    }
    Value small = new Value(node.input(1).id(), node.input(1).name(), node.input(1).dtype(),
        weights.with(2, PART).with(3, PART), node.input(1).parts());
    List<Winograd> parts = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      boolean below = i / 2 == 1;
      boolean right = i % 2 == 1;
      Op.Padding padding = new Op.Padding(below ? 0 : 2, right ? 0 : 2, below ? 2 : 0, right ? 2 : 0);
      List<Value> inputs = new ArrayList<>(List.of(node.input(0), small));
      if (i == 0 && op.bias()) {
        inputs.add(node.input(2));
      } else if (i > 0) {
        inputs.add(node.output());
      }
      Op.Conv2d part = new Op.Conv2d(1, padding, i == 0 && op.bias(),
          i == 0 ? List.of() : List.of(new PostOp.AddInput(2)));
      Winograd made = Winograd.convolution(part, new Node(part, inputs, node.output()), null, direct);
      if (made == null) {
        Closing.all(parts);
        return null;
      }
      parts.add(made);
    }
    return new WideWinograd(parts, weights, direct);
  }

  @Override
  public String implementation() {
    return "winograd of four:" + Shim.isaName();
  }

  @Override
  public long scratchBytes() {
    return parts.stream().mapToLong(PreparedOp::scratchBytes).max().orElse(0);
  }

  @Override
  public WeightLayout weightLayout(int index) {
    return index != 1 ? null : new WeightLayout() {
      @Override
      public String name() {
        return "four of " + parts.getFirst().weightLayout(1).name();
      }

      @Override
      public long bytes() {
        return parts.size() * partBytes;
      }

      @Override
      public void pack(MemorySegment plain, MemorySegment packed) {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment part = arena.allocate(4 * weights.dim(0) * weights.dim(1) * PART * PART, 64);
          for (int i = 0; i < parts.size(); i++) {
            take(plain, part, i / 2 == 1, i % 2 == 1);
            parts.get(i).weightLayout(1).pack(part, packed.asSlice(i * partBytes, partBytes));
          }
        }
      }
    };
  }

  /** A part's kernels of all kernels (OC, IC, 5, 5). */
  private void take(MemorySegment all, MemorySegment part, boolean below, boolean right) {
    for (long k = 0; k < weights.dim(0) * weights.dim(1); k++) {
      for (int i = 0; i < PART * PART; i++) {
        int row = i / PART + (below ? MIDDLE : 0);
        int column = i % PART + (right ? MIDDLE : 0);
        boolean before = below && row == MIDDLE || right && column == MIDDLE; // the first parts have it
        part.setAtIndex(ValueLayout.JAVA_FLOAT, k * PART * PART + i,
            before ? 0 : all.getAtIndex(ValueLayout.JAVA_FLOAT, (k * KERNEL + row) * KERNEL + column));
      }
    }
  }

  @Override
  public PreparedOp compact() {
    return compact.get();
  }

  @Override
  public CompiledOp bind(List<MemorySegment> inputs, List<MemorySegment> outputs, MemorySegment scratch) {
    List<CompiledOp> bound = new ArrayList<>();
    try {
      for (int i = 0; i < parts.size(); i++) {
        List<MemorySegment> own =
            new ArrayList<>(List.of(inputs.get(0), inputs.get(1).asSlice(i * partBytes, partBytes)));
        if (i > 0) {
          own.add(outputs.getFirst());
        } else if (inputs.size() > 2) {
          own.add(inputs.get(2));
        }
        bound.add(parts.get(i).bind(own, outputs, scratch));
      }
    } catch (Throwable e) {
      Closing.after(e, bound);
      throw e;
    }
    return new CompiledOp() {
      @Override
      public void execute() {
        for (CompiledOp part : bound) {
          part.execute();
        }
      }

      @Override
      public void close() {
        Closing.all(bound);
      }
    };
  }

  @Override
  public void close() {
    Closing.all(parts);
  }
}
