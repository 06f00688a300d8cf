package dev.langevin.plan;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.Closing;
import dev.langevin.backend.HostMemory;
import dev.langevin.backend.Memory;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.PreparedOp.WeightLayout;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.tensor.MappedFile;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.function.Consumer;

/**
 * The weights of a plan, each in the layout that its op asks for; one that several ops read alike lies once. They lie
 * in a file of the {@link WeightCache}, or each has memory of its own; either way other plans of the same network use
 * those that they pack alike. Used on the backend's thread only.
 */
final class PackedWeights {

  /**
   * Where the numbers come from and how they lie: the same in any graph of the network.
   *
   * @param updates of the tensors that have some, in the order of the parts
   */
  private record Key(List<WeightPart> parts, Shape shape, String layout, List<Object> updates) {
    boolean isUpdated() {
      return !updates.isEmpty();
    }
  }

  private record Place(Value weight, WeightLayout layout) {
    long bytes() {
      return size(weight, layout);
    }
  }

  /** Memory of one weight, or a file's of many: freed with the last of them. */
  private static final class Shared {
    private final Runnable free;
    private final Runnable check; // that a mapped file is what it was, or null
    private int users;

    Shared(Runnable free, Runnable check) {
      this.free = free;
      this.check = check;
    }

    void release() {
      users--;
      if (users == 0) {
        free.run();
      }
    }
  }

  private record Packed(Shared owner, Block block) {
    Packed {
      owner.users++;
    }
  }

  private static final long UNLOAD_EVERY = 128L << 20;

  private final Map<Key, Place> places = new LinkedHashMap<>();
  private final Map<Key, Packed> packed = new HashMap<>();
  private final Set<Shared> mapped = new HashSet<>(); // owners that may be changed by others
  private final Map<String, ?> updates;
  private Future<?> storing = CompletableFuture.completedFuture(null);

  private PackedWeights(Map<String, ?> updates) {
    this.updates = updates;
  }

  /** @param updates as of {@link Planner#begin} */
  static PackedWeights layOut(List<Node> nodes, List<PreparedOp> prepared, Map<String, ?> updates) {
    PackedWeights weights = new PackedWeights(updates);
    for (int i = 0; i < nodes.size(); i++) {
      for (int in = 0; in < nodes.get(i).inputs().size(); in++) {
        Value value = nodes.get(i).input(in);
        WeightLayout layout = prepared.get(i).weightLayout(in);
        if (value.isWeight()) {
          weights.places.putIfAbsent(weights.key(value, layout), new Place(value, layout));
        }
      }
    }
    return weights;
  }

  private Key key(Value weight, WeightLayout layout) {
    List<Object> own = new ArrayList<>();
    for (WeightPart part : updates.isEmpty() ? List.<WeightPart>of() : weight.parts()) {
      Object update = updates.get(part.name());
      if (update != null) {
        own.add(List.of(part.name(), update));
      }
    }
    return new Key(weight.parts(), weight.shape(), name(layout), own);
  }

  long bytes() {
    return places.values().stream().mapToLong(place -> aligned(place.bytes())).sum();
  }

  /** Of those that have updates. */
  long updatedBytes() {
    return places.entrySet().stream().filter(each -> each.getKey().isUpdated())
        .mapToLong(each -> aligned(each.getValue().bytes())).sum();
  }

  /** What an op is bound to. */
  MemorySegment address(Value weight, WeightLayout layout) {
    return packed.get(key(weight, layout)).block.address();
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
        packed.put(key, new Packed(weight.owner, weight.block));
        if (weight.owner.check != null) {
          mapped.add(weight.owner);
        }
      }
    });
  }

  /** @throws dev.langevin.tensor.ChangedFileException if a file of the cache was changed while it was computed from */
  void requireUnchanged() {
    if (!mapped.isEmpty()) { // a run allocates nothing
      mapped.forEach(owner -> owner.check.run());
    }
  }

  void forEach(Consumer<Block> work) {
    packed.values().forEach(weight -> work.accept(weight.block));
  }

  /**
   * Finds in the cache what is not there yet, or begins to pack it. The cache knows weights without updates alone.
   *
   * @param cache or null for none
   */
  Filling fill(TensorSource source, Backend backend, WeightCache cache) {
    boolean complete = places.keySet().stream().allMatch(each -> each.isUpdated() || packed.containsKey(each));
    String layout = complete || cache == null || source.identity() == null ? null : layout(backend);
    WeightCache.Key key = layout == null ? null : new WeightCache.Key(source.identity(), layout, bytes());
    if (key != null && map(cache, key, backend.memory()) || !updates.isEmpty()) {
      key = null;
    }
    return new Filling(source, backend, cache, key);
  }

  /**
   * All that decides which bytes the source's values are packed to, and where each lies in the file; null where that is
   * unknown.
   */
  private String layout(Backend backend) {
    StringBuilder text = new StringBuilder(backend.build());
    for (Place place : places.values()) {
      String identity = place.layout == null ? name(null) : place.layout.identity();
      if (identity == null) {
        return null;
      }
      text.append('\n').append(place.weight.shape()).append(' ').append(place.bytes()).append(' ').append(identity);
      for (WeightPart part : place.weight.parts()) {
        text.append(", ").append(part.name()).append(part.stored()).append(' ').append(part.firstRow()).append('+')
            .append(part.rows());
      }
    }
    return text.toString();
  }

  /** Computes from the mapped file itself where the kernels can read it, else from a copy. */
  private boolean map(WeightCache cache, WeightCache.Key key, Memory memory) {
    PackedFile.Mapped found = cache.find(key);
    if (found == null) {
      return false;
    }
    MemorySegment file = found.weights();
    Optional<Block> whole = memory.over(file);
    Memory.Guard guard;
    try {
      guard = memory.guard(file);
    } catch (Throwable e) { // there are too many
      Closing.after(e, List.of(found.file()));
      throw e;
    }
    Shared mapping =
        new Shared(() -> Closing.all(List.of(found.file(), guard)), () -> requireWhole(found.file(), guard));
    mapping.users++;
    mapped.add(mapping);
    try {
      long offset = 0;
      for (Map.Entry<Key, Place> entry : places.entrySet()) {
        long bytes = entry.getValue().bytes();
        if (packed.containsKey(entry.getKey()) || entry.getKey().isUpdated()) {
          offset += aligned(bytes);
          continue;
        }
        if (whole.isPresent()) {
          packed.put(entry.getKey(), new Packed(mapping, whole.get().slice(offset, bytes)));
        } else {
          Block copy = memory.allocate(bytes);
          packed.put(entry.getKey(), new Packed(new Shared(copy::close, null), copy));
          copy.upload(file.asSlice(offset, bytes), 0);
        }
        offset += aligned(bytes);
      }
      mapping.check.run();
      if (whole.isEmpty()) {
        mapped.remove(mapping);
      }
      return true;
    } finally {
      mapping.release();
    }
  }

  private static void requireWhole(MappedFile file, Memory.Guard guard) {
    if (guard.broken()) {
      throw file.changed();
    }
    file.requireUnchanged();
  }

  /**
   * Packs one weight after another; what was read of the file is given back on the way: it must not come on top of the
   * packed.
   */
  final class Filling implements AutoCloseable {

    private final TensorSource source;
    private final Backend backend;
    private final WeightCache cache;
    private final Staging plain = new Staging();
    private final Staging staged = new Staging();
    private final Iterator<Map.Entry<Key, Place>> missing =
        places.entrySet().stream().filter(each -> !packed.containsKey(each.getKey())).toList().iterator();
    private WeightCache.Key key; // that it is to be kept under, or null
    private long read;

    private Filling(TensorSource source, Backend backend, WeightCache cache, WeightCache.Key key) {
      this.source = source;
      this.backend = backend;
      this.cache = cache;
      this.key = key;
    }

    /** Packs one, or returns false and has the cache keep all of them. */
    boolean next() {
      if (missing.hasNext()) {
        Map.Entry<Key, Place> entry = missing.next();
        pack(entry.getKey(), entry.getValue());
        return true;
      }
      source.requireUnchanged();
      if (key != null) {
        storing = cache.store(key, places.keySet().stream().map(each -> packed.get(each).block).toList());
        key = null;
      }
      return false;
    }

    private void pack(Key at, Place place) {
      Block block = backend.memory().allocate(place.bytes());
      packed.put(at, new Packed(new Shared(block::close, null), block));
      MemorySegment target = block.host().isPresent() ? block.host().get() : staged.bytes(place.bytes());
      if (place.layout == null) {
        read(place.weight, source, target);
      } else {
        MemorySegment values = plain.bytes(place.weight.bytes());
        read(place.weight, source, values);
        place.layout.pack(values, target);
      }
      if (block.host().isEmpty()) {
        block.upload(target, 0);
      }
      read += place.weight.bytes();
      if (read > UNLOAD_EVERY) {
        source.unload();
        read = 0;
      }
    }

    @Override
    public void close() {
      Closing.all(List.of(plain, staged));
    }
  }

  /** Memory of the host's that is used for one weight after another. */
  private static final class Staging implements AutoCloseable {

    private final Memory memory = new HostMemory();
    private Block block = memory.allocate(0);

    MemorySegment bytes(long bytes) {
      if (block.bytes() < bytes) {
        block.close();
        block = memory.allocate(bytes);
      }
      return block.host().orElseThrow().asSlice(0, bytes);
    }

    @Override
    public void close() {
      block.close();
    }
  }

  void free() {
    WeightCache.await(storing);
    release();
  }

  private void release() {
    packed.values().forEach(weight -> weight.owner.release());
    packed.clear();
    mapped.clear();
  }

  private static void read(Value weight, TensorSource source, MemorySegment target) {
    long at = 0;
    for (WeightPart part : weight.parts()) {
      Tensor tensor = source.tensor(part.name());
      if (!tensor.shape().equals(part.stored())) {
        throw new PlanException(
            part.name() + ": the file has " + tensor.shape() + ", the model expects " + part.stored()
                + "; do the configuration and the weights belong together?");
      }
      if (!tensor.encoding().isFloatingPoint()) {
        throw new PlanException(part.name() + ": the file has " + tensor.encoding().name()
            + " values, the model expects floating-point numbers");
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
