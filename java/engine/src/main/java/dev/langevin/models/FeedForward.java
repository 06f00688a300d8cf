package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;

/**
 * The two-layer network of a transformer block. Weight names are those of diffusers' {@code FeedForward}.
 *
 * @param gated GEGLU, (x W + b) * f(x V + c) (arXiv:2002.05202, equation 6); the stored projection holds W above V
 * @param inner width between the layers
 */
record FeedForward(boolean gated, Activation activation, int inner) {

  /** {@code x} is (..., C), and so is the result. */
  Value build(GraphBuilder b, String name, Value x) {
    String projection = name + ".net.0.proj";
    Value h;
    if (gated) {
      Value gate = b.linearRows(projection, x, inner, inner, 2 * inner, true);
      gate = b.activate(projection + ".gate", gate, activation);
      h = b.multiply(projection, b.linearRows(projection, x, 0, inner, 2 * inner, true), gate);
    } else {
      h = b.activate(projection + ".act", b.linear(projection, x, inner, true), activation);
    }
    return b.linear(name + ".net.2", h, x.shape().intDim(-1), true);
  }
}
