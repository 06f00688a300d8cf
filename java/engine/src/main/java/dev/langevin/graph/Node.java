package dev.langevin.graph;

import java.util.List;

/**
 * One operation of a graph: what it does, to which values, and what it computes: one value, for some gradients several.
 */
public record Node(Op op, List<Value> inputs, List<Value> outputs) {

  /** Elements of f32 in a line of the cache: a part of a value that begins with one can be read as a value is. */
  public static final int PART = 16;

  /** Copies both lists. */
  public Node {
    inputs = List.copyOf(inputs);
    outputs = List.copyOf(outputs);
  }

  /** An operation with one result. */
  public Node(Op op, List<Value> inputs, Value output) {
    this(op, inputs, List.of(output));
  }

  /** The operand at a place, from 0. */
  public Value input(int index) {
    return inputs.get(index);
  }

  /** The first of what it computes. */
  public Value output() {
    return outputs.getFirst();
  }

  /**
   * Whether it is no work, as its result lies where its input does: a reshape, or a part of a row that begins at a
   * multiple of {@link #PART} elements.
   */
  public boolean isView() {
    return op instanceof Op.Reshape
        || op instanceof Op.Slice slice && input(0).shape().rank() == 1 && slice.from() % PART == 0;
  }

  @Override
  public String toString() {
    return output().name() + ": " + op.label() + inputs.stream().map(v -> v.shape().toString()).toList() + " -> "
        + (outputs.size() == 1 ? output().shape() : outputs.stream().map(Value::shape).toList());
  }
}
