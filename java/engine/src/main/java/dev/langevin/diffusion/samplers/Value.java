package dev.langevin.diffusion.samplers;

import java.util.Comparator;

/**
 * Something of the sample's shape that a run computes at a network call, or before the first, at call -1.
 *
 * @param call index of the call
 * @param index among those of the same kind and call
 */
record Value(Kind kind, int call, int index) implements Comparable<Value> {

  /** What it is. */
  enum Kind {
    /** The sample that the network was shown, before scaling; at call -1 the start. */
    SAMPLE,
    /** The clean picture that the network took it for, after guidance. */
    DENOISED,
    /** The same by the unconditional half alone. */
    UNCONDITIONAL,
    /** A unit normal that was drawn after the call. */
    NOISE,
    /** Something that was computed of others after the call, and is read later. */
    KEPT
  }

  private static final Comparator<Value> ORDER =
      Comparator.comparing(Value::call).thenComparing(Value::kind).thenComparing(Value::index);

  Value(Kind kind, int call) {
    this(kind, call, 0);
  }

  @Override
  public int compareTo(Value other) {
    return ORDER.compare(this, other);
  }
}
