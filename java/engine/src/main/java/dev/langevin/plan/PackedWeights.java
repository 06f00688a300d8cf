package dev.langevin.plan;

import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.PreparedOp.WeightLayout;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** The weights of a plan in one block, each in the layout that its op asks for; one that several ops read alike lies once. */
final class PackedWeights {

  private record Key(Value weight, String layout) {}

  private record Place(long offset, WeightLayout layout) {}

  private final Map<Key, Place> places = new LinkedHashMap<>();
  private long bytes;

  private PackedWeights() {}

  static PackedWeights layOut(List<Node> nodes, List<PreparedOp> prepared) {
    PackedWeights packed = new PackedWeights();
    for (int i = 0; i < nodes.size(); i++) {
      for (int in = 0; in < nodes.get(i).inputs().size(); in++) {
        Value value = nodes.get(i).input(in);
        WeightLayout layout = prepared.get(i).weightLayout(in);
        Key key = new Key(value, name(layout));
        if (value.isWeight() && !packed.places.containsKey(key)) {
          packed.places.put(key, new Place(packed.bytes, layout));
          packed.bytes += aligned(size(value, layout));
        }
      }
    }
    return packed;
  }

  long bytes() {
    return bytes;
  }

  MemorySegment segment(Value weight, WeightLayout layout, MemorySegment memory) {
    return memory.asSlice(places.get(new Key(weight, name(layout))).offset, size(weight, layout));
  }

  String layoutNames(Node node, PreparedOp op) {
    TreeSet<String> names = new TreeSet<>();
    for (int in = 0; in < node.inputs().size(); in++) {
      if (node.input(in).isWeight()) {
        names.add(name(op.weightLayout(in)));
      }
    }
    return String.join(",", names);
  }

  long bytes(Node node, PreparedOp op) {
    long sum = 0;
    for (int in = 0; in < node.inputs().size(); in++) {
      if (node.input(in).isWeight()) {
        sum += size(node.input(in), op.weightLayout(in));
      }
    }
    return sum;
  }

  void fill(TensorSource source, MemorySegment memory) {
    for (Map.Entry<Key, Place> entry : places.entrySet()) {
      Value weight = entry.getKey().weight;
      WeightLayout layout = entry.getValue().layout;
      MemorySegment target = segment(weight, layout, memory);
      if (layout == null) {
        read(weight, source, target);
      } else {
        try (Arena arena = Arena.ofConfined()) {
          MemorySegment plain = arena.allocate(weight.bytes(), MemoryPlacement.ALIGNMENT);
          read(weight, source, plain);
          layout.pack(plain, target);
        }
      }
    }
  }

  private static void read(Value weight, TensorSource source, MemorySegment target) {
    long at = 0;
    for (WeightPart part : weight.parts()) {
      Tensor tensor = source.tensor(part.name());
      if (!tensor.shape().equals(part.stored())) {
        throw new PlanException(part.name() + ": the file has " + tensor.shape() + ", the model expects " + part.stored()
            + "; do the configuration and the weights belong together?");
      }
      if (!tensor.dtype().isFloatingPoint()) {
        throw new PlanException(part.name() + ": the file has " + tensor.dtype() + " values, the model expects f32, f16 or bf16");
      }
      long row = part.stored().elements() / part.stored().dim(0);
      tensor.copyFloats(part.firstRow() * row, part.rows() * row, target.asSlice(at * 4));
      at += part.rows() * row;
    }
  }

  private static String name(WeightLayout layout) {
    return layout == null ? "plain" : layout.name();
  }

  private static long size(Value weight, WeightLayout layout) {
    return layout == null ? weight.bytes() : layout.bytes();
  }

  private static long aligned(long size) {
    return (size + MemoryPlacement.ALIGNMENT - 1) / MemoryPlacement.ALIGNMENT * MemoryPlacement.ALIGNMENT;
  }
}
