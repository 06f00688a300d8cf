package dev.langevin.plan;

import dev.langevin.graph.Node;
import java.util.ArrayList;
import java.util.List;

/**
 * Where a program may be cut, so that others come to their turn, or a stop is noticed, before it ends. One op is never
 * cut. A slice is at most a sixteenth of the work, so that a decoder's is shorter than a step of the network that it
 * goes with; and none is longer than a moment.
 */
final class Slices {

  private static final int MOST_SHARES = 16;

  /** Multiplications and additions in a tenth of a second of two cores. */
  private static final double MOST_FLOPS = 2e10;

  /** Programs below are over in a millisecond or two. */
  private static final double LEAST_FLOPS = 2e8;

  /** What one value of the results counts for, where memory bounds an op. */
  private static final double FLOPS_A_VALUE = 50;

  private Slices() {}

  /** One slice of so many ops. */
  static int[] whole(int ops) {
    return ops == 0 ? new int[0] : new int[] {ops};
  }

  /** The op behind each slice's last. */
  static int[] of(List<Node> nodes) {
    double[] work = nodes.stream().mapToDouble(Slices::work).toArray();
    double all = 0;
    for (double each : work) {
      all += each;
    }
    double most = Math.max(LEAST_FLOPS, Math.min(MOST_FLOPS, all / MOST_SHARES));
    List<Integer> ends = new ArrayList<>();
    double slice = 0;
    for (int i = 0; i < work.length; i++) {
      if (slice > 0 && slice + work[i] > most) {
        ends.add(i);
        slice = 0;
      }
      slice += work[i];
    }
    if (work.length > 0) {
      ends.add(work.length);
    }
    return ends.stream().mapToInt(Integer::intValue).toArray();
  }

  private static double work(Node node) {
    return OpWork.flops(node) + FLOPS_A_VALUE * node.output().shape().elements();
  }
}
