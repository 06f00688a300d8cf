package dev.langevin.graph;

import java.util.List;

/** One operation of a graph: what it does, to which values, and the value that it computes. */
public record Node(Op op, List<Value> inputs, Value output) {

  public Node {
    inputs = List.copyOf(inputs);
  }

  public Value input(int index) {
    return inputs.get(index);
  }

  @Override
  public String toString() {
    return output.name() + ": " + op.label() + inputs.stream().map(v -> v.shape().toString()).toList() + " -> "
        + output.shape();
  }
}
