package dev.langevin.graph;

/**
 * A model's configuration or the size asked for does not make a network; the message names the layer and the values.
 */
public final class GraphException extends IllegalArgumentException {

  private static final long serialVersionUID = 1L;

  /** In one sentence: which node is at fault, with its shapes, and what it takes. */
  public GraphException(String message) {
    super(message);
  }
}
