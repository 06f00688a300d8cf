package dev.langevin.training;

import dev.langevin.backend.Block;
import dev.langevin.graph.GraphException;
import dev.langevin.graph.Value.WeightPart;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * Where each trained weight lies in a block of memory. Weights, gradients, moments and averages are blocks of one
 * layout, so that an optimiser walks them as plain arrays. A weight begins at a multiple of 64 bytes; the gaps stay
 * zero. Immutable, any thread.
 */
public final class Parameters {

  private static final long ALIGNMENT = 64;

  /** Values that are read at a time. */
  private static final long CHUNK = 1 << 18;

  /** Rows of a stored tensor and where they lie in a block. */
  private record Piece(WeightPart part, long offset) {}

  private final Map<String, Value> weights;
  private final Map<String, Long> offsets = new LinkedHashMap<>();
  private final Map<String, Shape> stored = new LinkedHashMap<>();
  private final Map<String, java.util.List<Piece>> pieces = new HashMap<>();
  private final long bytes;

  /**
   * Lays the weights out in the map's order.
   *
   * @param weights trained weights by name, with the parts of the file that they are made of
   * @throws GraphException if a stored tensor is trained in part
   */
  public Parameters(Map<String, Value> weights) {
    this.weights = Map.copyOf(weights);
    long at = 0;
    for (Map.Entry<String, Value> entry : weights.entrySet()) {
      Value weight = entry.getValue();
      offsets.put(entry.getKey(), at);
      long row = at;
      for (WeightPart part : weight.parts()) {
        stored.put(part.name(), part.stored());
        pieces.computeIfAbsent(part.name(), name -> new java.util.ArrayList<>()).add(new Piece(part, row));
        row += 4 * part.rows() * rowElements(part.stored());
      }
      at += (weight.bytes() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    bytes = at;
    stored.forEach((name, shape) -> {
      long rows = pieces.get(name).stream().mapToLong(piece -> piece.part.rows()).sum();
      if (rows != shape.dim(0)) {
        throw new GraphException(
            name + " has " + shape.dim(0) + " rows, of which " + rows + " are read; it cannot be trained");
      }
    });
  }

  private static long rowElements(Shape stored) {
    return stored.elements() / stored.dim(0);
  }

  /** Size of a block. */
  public long bytes() {
    return bytes;
  }

  /** Number of f32 values in a block, gaps included. */
  public long elements() {
    return bytes / 4;
  }

  /** Number of trained values. */
  public long count() {
    return stored.values().stream().mapToLong(Shape::elements).sum();
  }

  /** Names of the trained weights, in the order of the block. */
  public Set<String> names() {
    return offsets.keySet();
  }

  /** Shapes by the names in a weight file. */
  public Map<String, Shape> stored() {
    return stored;
  }

  /** The part of a block that holds a weight. */
  public Block slice(Block block, String name) {
    return block.slice(offsets.get(name), weights.get(name).bytes());
  }

  /** Fills a block from a weight file. */
  public void read(TensorSource source, Block block) {
    float[] chunk = new float[(int) Math.min(CHUNK, elements())];
    stored.forEach((name, shape) -> {
      Tensor tensor = source.tensor(name);
      if (!tensor.shape().equals(shape)) {
        throw new GraphException(name + ": the file has " + tensor.shape() + ", the model expects " + shape
            + "; do the configuration and the weights belong together?");
      }
      long row = rowElements(shape);
      for (Piece piece : pieces.get(name)) {
        long count = piece.part.rows() * row;
        for (long done = 0; done < count; done += chunk.length) {
          MemorySegment part = MemorySegment.ofArray(chunk).asSlice(0, 4 * Math.min(chunk.length, count - done));
          tensor.copyFloats(piece.part.firstRow() * row + done, part.byteSize() / 4, part);
          block.upload(part, piece.offset + 4 * done);
        }
      }
    });
  }

  /** Reads values {@code first} to {@code first + count - 1} of a stored tensor out of a block. */
  public void copy(Block block, String name, long first, float[] values, int count) {
    long row = rowElements(stored.get(name));
    for (Piece piece : pieces.get(name)) {
      long begin = piece.part.firstRow() * row;
      long from = Math.max(first, begin);
      long to = Math.min(first + count, begin + piece.part.rows() * row);
      if (from < to) {
        block.download(MemorySegment.ofArray(values).asSlice(4 * (from - first), 4 * (to - from)),
            piece.offset + 4 * (from - begin));
      }
    }
  }

  /** A stored tensor, copied out of a block. */
  public Tensor tensor(Block block, String name) {
    Shape shape = stored.get(name);
    float[] values = new float[Math.toIntExact(shape.elements())];
    copy(block, name, 0, values, values.length);
    return new Tensor(DType.F32, shape, MemorySegment.ofArray(values));
  }
}
