package dev.langevin.plan;

import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Gives every activation its place in one block of memory.
 *
 * <p>
 * A value lives from the node that computes it to the last that reads it; two values that never live together may share
 * bytes. Values are placed largest first, each at the lowest offset that is free during its whole life: the
 * greedy-by-size rule of Pisarchyk and Lee (arXiv:2001.03288, algorithm 3), within a few percent of the lower bound on
 * networks such as these. Inputs live from the start and, as outputs do, to the end, so that a caller may read and
 * write them between runs. A view ({@link Node#isView}) is its input, or a part of it, under another name and gets no
 * memory of its own.
 *
 * <p>
 * What is computed once for many runs, and those steady inputs that the runs read, lie side by side at the block's
 * start: with one copy a caller puts other such values in their place.
 */
final class MemoryPlacement {

  /** A cache line, an AVX-512 register; no two values share a line, so no two threads write to one. */
  static final long ALIGNMENT = 64;

  private final Map<Value, Long> offsets = new HashMap<>();
  private final Map<Value, Value> aliases = new HashMap<>();
  private final Map<Value, Long> starts = new HashMap<>(); // of an alias within what it is of
  private final long alignment;
  private long steady;
  private long bytes;

  private MemoryPlacement(long alignment) {
    this.alignment = alignment;
  }

  /**
   * @param once how many of the first nodes are computed once for many runs of the others: what these read of them
   *   lives on
   * @param elsewhere values whose memory is not in the block
   * @param alignment of each value, a multiple of {@link #ALIGNMENT}
   */
  static MemoryPlacement of(Graph graph, int once, Set<Value> elsewhere, long alignment) {
    MemoryPlacement placement = new MemoryPlacement(alignment);
    List<Life> lives = placement.lives(graph, once);
    lives.removeIf(life -> elsewhere.contains(life.value));
    lives
        .sort(Comparator.comparingLong((Life life) -> -placement.size(life)).thenComparingInt(life -> life.value.id()));
    List<Life> placed = new ArrayList<>();
    for (Life life : lives) {
      if (life.steady) {
        placement.offsets.put(life.value, placement.steady);
        placement.steady += placement.size(life);
        placed.add(life);
      }
    }
    placement.bytes = placement.steady;
    lives.removeIf(life -> life.steady);
    for (Life life : lives) {
      long offset = 0;
      for (Life other : placed) { // ascending by offset
        if (life.overlaps(other)) {
          long otherOffset = placement.offsets.get(other.value);
          if (otherOffset >= offset + placement.size(life)) {
            break;
          }
          offset = Math.max(offset, otherOffset + placement.size(other));
        }
      }
      placement.offsets.put(life.value, offset);
      placement.bytes = Math.max(placement.bytes, offset + placement.size(life));
      placed.add(life);
      placed.sort(Comparator.comparingLong(p -> placement.offsets.get(p.value)));
    }
    return placement;
  }

  /** Offset of a value that is not a weight, or -1 if it lies elsewhere. */
  long offset(Value value) {
    long root = offsets.getOrDefault(root(value), -1L);
    return root < 0 ? root : root + within(value);
  }

  /** Where a value begins in its {@link #root}. */
  long within(Value value) {
    long start = 0;
    for (Value part = value; aliases.containsKey(part); part = aliases.get(part)) {
      start += starts.get(part);
    }
    return start;
  }

  /** Size of the block's start, where the values are that stay the same over many runs. */
  long steadyBytes() {
    return steady;
  }

  /** Size of the block. */
  long bytes() {
    return bytes;
  }

  /** The value whose memory this one is. */
  Value root(Value value) {
    Value root = value;
    while (aliases.containsKey(root)) {
      root = aliases.get(root);
    }
    return root;
  }

  private List<Life> lives(Graph graph, int once) {
    Map<Value, Life> lives = new HashMap<>();
    int end = graph.nodes().size();
    Set<Value> steadyInputs = new HashSet<>();
    graph.inputs().forEach((name, input) -> {
      lives.put(input, new Life(input, -1, end));
      if (graph.steady().contains(name)) {
        steadyInputs.add(input);
      }
    });
    for (int at = 0; at < end; at++) {
      Node node = graph.nodes().get(at);
      for (Value input : node.inputs()) {
        if (!input.isWeight()) {
          Life life = lives.get(root(input));
          boolean lasting = at >= once && life.first < once; // computed once, or an input
          life.last = Math.max(life.last, lasting ? end : at);
          life.steady |= lasting && (life.first >= 0 || steadyInputs.contains(life.value));
        }
      }
      if (node.isView()) {
        aliases.put(node.output(), node.input(0));
        starts.put(node.output(),
            node.op() instanceof Op.Slice part ? part.from() * node.output().dtype().bytes() : 0L);
      } else {
        for (Value output : node.outputs()) {
          lives.put(output, new Life(output, at, at));
        }
      }
    }
    for (Value output : graph.outputs().values()) {
      Life life = lives.get(root(output));
      life.last = end;
      life.steady |= life.first >= 0 && life.first < once;
    }
    return new ArrayList<>(lives.values());
  }

  private long size(Life life) {
    return (life.value.bytes() + alignment - 1) / alignment * alignment;
  }

  private static final class Life {
    final Value value;
    final int first;
    int last;
    boolean steady;

    Life(Value value, int first, int last) {
      this.value = value;
      this.first = first;
      this.last = last;
    }

    boolean overlaps(Life other) {
      return first <= other.last && other.first <= last;
    }
  }
}
