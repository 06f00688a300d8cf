package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.PreparedOp.WeightLayout;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * The weights of a plan, each in the layout that its op asks for; one that several ops read alike lies once. They lie in a file of the
 * {@link WeightCache}, or each has memory of its own; either way other plans of the same network use those that they pack alike.
 * Used on the backend's thread only.
 */
final class PackedWeights {

  /** Where the numbers come from and how they lie: the same in any graph of the network. */
  private record Key(List<WeightPart> parts, Shape shape, String layout) {
    Key(Value weight, WeightLayout layout) {
      this(weight.parts(), weight.shape(), name(layout));
    }
  }

  private record Place(Value weight, WeightLayout layout) {
    long bytes() {
      return size(weight, layout);
    }
  }

  /** Memory of one weight, or a file's of many: freed with the last of them. */
  private static final class Block {
    private final Arena arena = Arena.ofShared(); // the cache's thread reads it too
    private int users;

    void release() {
      users--;
      if (users == 0) {
        arena.close();
      }
    }
  }

  private record Packed(Block block, MemorySegment memory) {
    Packed {
      block.users++;
    }
  }

  private static final long UNLOAD_EVERY = 128L << 20;

  private final Map<Key, Place> places = new LinkedHashMap<>();
  private final Map<Key, Packed> packed = new HashMap<>();
  private Future<?> storing = CompletableFuture.completedFuture(null);

  private PackedWeights() {}

  static PackedWeights layOut(List<Node> nodes, List<PreparedOp> prepared) {
    PackedWeights weights = new PackedWeights();
    for (int i = 0; i < nodes.size(); i++) {
      for (int in = 0; in < nodes.get(i).inputs().size(); in++) {
        Value value = nodes.get(i).input(in);
        WeightLayout layout = prepared.get(i).weightLayout(in);
        if (value.isWeight()) {
          weights.places.putIfAbsent(new Key(value, layout), new Place(value, layout));
        }
      }
    }
    return weights;
  }

  long bytes() {
    return places.values().stream().mapToLong(place -> aligned(place.bytes())).sum();
  }

  void forEach(Consumer<MemorySegment> work) {
    packed.values().forEach(weight -> work.accept(weight.memory));
  }

  MemorySegment segment(Value weight, WeightLayout layout) {
    return packed.get(new Key(weight, layout)).memory;
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

  /** Uses what another plan's weights have packed alike. */
  void share(PackedWeights other) {
    other.packed.forEach((key, weight) -> {
      if (places.containsKey(key) && !packed.containsKey(key)) {
        packed.put(key, new Packed(weight.block, weight.memory));
      }
    });
  }

  /**
   * Finds in the cache or packs what is not there yet.
   *
   * @param cache or null for none
   */
  void fill(TensorSource source, Backend backend, WeightCache cache) {
    if (packed.size() == places.size()) {
      return;
    }
    String layout = cache == null || source.identity() == null ? null : layout(backend);
    WeightCache.Key key = layout == null ? null : new WeightCache.Key(source.identity(), layout, bytes());
    if (key == null) {
      pack(source, backend);
    } else if (!map(cache, key)) {
      pack(source, backend);
      storing = cache.store(key, places.keySet().stream().map(each -> packed.get(each).memory).toList());
    }
  }

  /** All that decides which bytes the source's values are packed to, and where each lies in the file; null where that is unknown. */
  private String layout(Backend backend) {
    StringBuilder text = new StringBuilder(backend.build());
    for (Place place : places.values()) {
      String identity = place.layout == null ? name(null) : place.layout.identity();
      if (identity == null) {
        return null;
      }
      text.append('\n').append(place.weight.shape()).append(' ').append(place.bytes()).append(' ').append(identity);
      for (WeightPart part : place.weight.parts()) {
        text.append(", ").append(part.name()).append(part.stored()).append(' ').append(part.firstRow()).append('+').append(part.rows());
      }
    }
    return text.toString();
  }

  private boolean map(WeightCache cache, WeightCache.Key key) {
    Block block = new Block();
    MemorySegment file = cache.find(key, block.arena);
    if (file == null) {
      block.arena.close();
      return false;
    }
    release();
    long offset = 0;
    for (Map.Entry<Key, Place> entry : places.entrySet()) {
      packed.put(entry.getKey(), new Packed(block, file.asSlice(offset, entry.getValue().bytes())));
      offset += aligned(entry.getValue().bytes());
    }
    return true;
  }

  /** What was read of the file is given back on the way: it must not come on top of the packed. */
  private void pack(TensorSource source, Backend backend) {
    List<Map.Entry<Key, Place>> missing = places.entrySet().stream().filter(e -> !packed.containsKey(e.getKey())).toList();
    long largest = missing.stream().map(Map.Entry::getValue).filter(place -> place.layout != null)
        .mapToLong(place -> place.weight.bytes()).max().orElse(1);
    try (Arena unpacked = Arena.ofConfined()) {
      MemorySegment plain = backend.allocate(largest, unpacked);
      long read = 0;
      for (Map.Entry<Key, Place> entry : missing) {
        Place place = entry.getValue();
        Block block = new Block();
        MemorySegment target = backend.allocate(place.bytes(), block.arena);
        packed.put(entry.getKey(), new Packed(block, target));
        if (place.layout == null) {
          read(place.weight, source, target);
        } else {
          MemorySegment part = plain.asSlice(0, place.weight.bytes());
          read(place.weight, source, part);
          place.layout.pack(part, target);
        }
        read += place.weight.bytes();
        if (read > UNLOAD_EVERY) {
          source.unload();
          read = 0;
        }
      }
    }
  }

  void free() {
    WeightCache.await(storing);
    release();
  }

  private void release() {
    packed.values().forEach(weight -> weight.block.release());
    packed.clear();
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

  /** Where the next begins behind one of that size. */
  static long aligned(long size) {
    return (size + MemoryPlacement.ALIGNMENT - 1) / MemoryPlacement.ALIGNMENT * MemoryPlacement.ALIGNMENT;
  }
}
