package dev.langevin.cuda;

import dev.langevin.tensor.Shape;

/** A value (N, ..., C) as the kernels see it. */
record Seen(long n, long pixels, long channels) {

  static Seen of(Shape shape) {
    long channels = shape.dim(-1);
    long n = shape.rank() > 1 ? shape.dim(0) : 1;
    return new Seen(n, shape.elements() / n / channels, channels);
  }

  long elements() {
    return n * pixels * channels;
  }
}
