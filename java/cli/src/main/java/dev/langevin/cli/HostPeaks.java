package dev.langevin.cli;

import dev.langevin.backend.Backend;
import java.util.List;
import java.util.Locale;

/**
 * A processor's: the fastest of a few matrix products (which is fastest depends on the caches), and an elementwise
 * operation on more than any cache holds.
 */
final class HostPeaks implements Peaks {

  private static final List<String> PRODUCTS =
      List.of("m=1024 k=1024 n=1024", "m=2048 k=2048 n=2048", "m=4096 k=512 n=512");

  private final List<KernelShape> shapes;
  private final List<TimedKernel> products;
  private final KernelShape streamShape = shape("relu elements=33554432");
  private final TimedKernel stream;

  HostPeaks(Backend backend) {
    shapes = PRODUCTS.stream().map(sizes -> shape("matmul " + sizes)).toList();
    products = shapes.stream().map(s -> new TimedKernel(backend, s.graph())).toList();
    stream = new TimedKernel(backend, streamShape.graph());
  }

  private static KernelShape shape(String line) {
    return KernelShape.parse("peak", List.of("peak " + line)).getFirst();
  }

  @Override
  public void measure() {
    products.forEach(kernel -> kernel.measure(0));
    stream.measure(0);
  }

  /** The best product's median. */
  @Override
  public double flops() {
    double best = 0;
    for (int i = 0; i < shapes.size(); i++) {
      best = Math.max(best, shapes.get(i).flops() / products.get(i).median());
    }
    return best;
  }

  @Override
  public double bytes() {
    return streamShape.bytes() / stream.median();
  }

  @Override
  public String toString() {
    StringBuilder text = new StringBuilder("peaks of this run:");
    for (int i = 0; i < shapes.size(); i++) {
      text.append(String.format(Locale.ROOT, " matmul %s %.0f GFLOP/s,", shapes.get(i).sizesText(),
          shapes.get(i).flops() / products.get(i).median() * 1e-9));
    }
    return text
        + String.format(Locale.ROOT, " elementwise over %.0f MB %.1f GB/s", streamShape.bytes() * 1e-6, bytes() * 1e-9);
  }

  @Override
  public void close() {
    products.forEach(TimedKernel::close);
    stream.close();
  }
}
