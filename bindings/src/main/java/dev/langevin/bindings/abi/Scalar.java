package dev.langevin.bindings.abi;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.ValueLayout;

/**
 * A C type as it is passed or stored on 64-bit Linux, by the letter that declarations use. Signedness and what a
 * pointer points to are not told apart: they change nothing in a call.
 */
public enum Scalar {
  /** A pointer; passed as a plain address, which is three times cheaper than a segment. */
  POINTER('p', ValueLayout.JAVA_LONG),
  /** int, unsigned, an enum. */
  INT('i', ValueLayout.JAVA_INT),
  /** int64_t, size_t. */
  LONG('l', ValueLayout.JAVA_LONG),
  FLOAT('f', ValueLayout.JAVA_FLOAT),
  DOUBLE('d', ValueLayout.JAVA_DOUBLE);

  private final char letter;
  private final ValueLayout layout;

  Scalar(char letter, ValueLayout layout) {
    this.letter = letter;
    this.layout = layout;
  }

  public static Scalar of(char letter) {
    for (Scalar scalar : values()) {
      if (scalar.letter == letter) {
        return scalar;
      }
    }
    throw new IllegalArgumentException("no C type has the letter '" + letter + "'");
  }

  public char letter() {
    return letter;
  }

  MemoryLayout layout() {
    return layout;
  }

  long bytes() {
    return layout.byteSize();
  }
}
