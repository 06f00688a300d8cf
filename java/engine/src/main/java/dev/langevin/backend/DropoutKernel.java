package dev.langevin.backend;

import dev.langevin.graph.GradientOp;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;

/**
 * {@link GradientOp.Dropout} in plain Java. Two elements share a 64-bit number of SplitMix64 (Steele, Lea and Flood,
 * OOPSLA 2014), which is asked for by its place: no state, and any part could be computed alone.
 */
final class DropoutKernel {

  /** 2^64 over the golden ratio, odd: the increment of the paper. */
  private static final long GAMMA = 0x9e3779b97f4a7c15L;

  private DropoutKernel() {}

  static void run(GradientOp.Dropout op, long elements, List<MemorySegment> in, MemorySegment out) {
    MemorySegment src = in.getFirst();
    long begin = mix(mix(in.get(1).get(ValueLayout.JAVA_LONG, 0)) + op.salt());
    long limit = (long) (op.probability() * 0x1p32); // of 32 bits
    float factor = (float) (1 / (1 - op.probability()));
    long even = elements & ~1;
    for (long i = 0; i < even; i += 2) {
      long bits = mix(begin + (i >>> 1) * GAMMA);
      put(src, out, i, (bits & 0xffffffffL) < limit, factor);
      put(src, out, i + 1, (bits >>> 32) < limit, factor);
    }
    if (even < elements) {
      put(src, out, even, (mix(begin + (even >>> 1) * GAMMA) & 0xffffffffL) < limit, factor);
    }
  }

  private static void put(MemorySegment src, MemorySegment out, long i, boolean dropped, float factor) {
    float kept = src.getAtIndex(ValueLayout.JAVA_FLOAT, i) * factor;
    out.setAtIndex(ValueLayout.JAVA_FLOAT, i, dropped ? 0 : kept);
  }

  /** The paper's finaliser, with the constants of Stafford's variant 13. */
  private static long mix(long z) {
    z = (z ^ z >>> 30) * 0xbf58476d1ce4e5b9L;
    z = (z ^ z >>> 27) * 0x94d049bb133111ebL;
    return z ^ z >>> 31;
  }
}
