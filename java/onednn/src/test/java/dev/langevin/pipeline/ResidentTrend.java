package dev.langevin.pipeline;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.LiveHandles.Kind;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** What this process holds from request to request: resident memory, as a slope, and native handles. */
final class ResidentTrend {

  /** Bytes a request. */
  private static final double STEEPEST = 2048;

  private static final long PAGE = 4096;

  private final String what;
  private final List<double[]> samples = new ArrayList<>();
  private final List<Map<Kind, Long>> handles = new ArrayList<>();

  ResidentTrend(String what) {
    this.what = what;
  }

  /** Between two requests, after so many; the process must be at rest. */
  void sample(int requests) throws IOException, InterruptedException {
    for (int i = 0; i < 3; i++) {
      System.gc();
      Thread.sleep(20); // memory of tensors is freed by a cleaner's thread
    }
    handles.add(LiveHandles.counts());
    String[] pages = Files.readString(Path.of("/proc/self/statm")).split(" ");
    samples.add(new double[] {requests, Long.parseLong(pages[1]) * PAGE});
  }

  /** The line through the samples by least squares, in bytes a request. */
  double slope() {
    double x = samples.stream().mapToDouble(each -> each[0]).average().orElseThrow();
    double y = samples.stream().mapToDouble(each -> each[1]).average().orElseThrow();
    double xy = samples.stream().mapToDouble(each -> (each[0] - x) * (each[1] - y)).sum();
    double xx = samples.stream().mapToDouble(each -> (each[0] - x) * (each[0] - x)).sum();
    return xy / xx;
  }

  void assertFlat() {
    double[] first = samples.getFirst();
    double[] last = samples.getLast();
    int half = handles.size() / 2;
    long early = most(handles.subList(0, half));
    long late = most(handles.subList(half, handles.size()));
    System.out.printf("soak: %s: requests %.0f to %.0f, resident %.1f to %.1f MB, slope %.0f bytes a request,"
        + " %d samples, at most %d handles in the first half of them, %d in the second%n", what, first[0], last[0],
        first[1] / 1e6, last[1] / 1e6, slope(), samples.size(), early, late);
    assertThat(slope()).as("%s: bytes more with each request", what).isLessThan(STEEPEST);
    assertThat(late).as("%s: live handles at the most", what).isLessThanOrEqualTo(early); // plans kept vary
  }

  private static long most(List<Map<Kind, Long>> counts) {
    return counts.stream().mapToLong(each -> each.values().stream().mapToLong(Long::longValue).sum()).max()
        .orElseThrow();
  }
}
