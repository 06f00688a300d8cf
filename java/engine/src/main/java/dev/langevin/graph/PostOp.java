package dev.langevin.graph;

/** What a convolution or a linear layer still does to each result before storing it, in order. */
public sealed interface PostOp {

  /** y = f(y). */
  record Activate(Activation function) implements PostOp {}

  /** y = y above 0 and below the slope of its channel, the node's input of that index (C), times y. */
  record Prelu(int slopes) implements PostOp {}

  /** y = y * factor. */
  record Multiply(double factor) implements PostOp {}

  /** y = y + the node's input of that index, elementwise or with one row per sample broadcast over the picture. */
  record AddInput(int input) implements PostOp {}

  /** y = y * the node's input of that index, elementwise. */
  record MultiplyInput(int input) implements PostOp {}
}
