package dev.langevin.graph;

import java.util.List;

/**
 * One operation of a graph: what it does, to which values, and what it computes: one value, for some gradients several.
 */
public record Node(Op op, List<Value> inputs, List<Value> outputs) {

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

  @Override
  public String toString() {
    return output().name() + ": " + op.label() + inputs.stream().map(v -> v.shape().toString()).toList() + " -> "
        + (outputs.size() == 1 ? output().shape() : outputs.stream().map(Value::shape).toList());
  }
}
