package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.Precision;
import dev.langevin.graph.Activation;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.Locale;

/**
 * A GPU's: square matrix products in f32 and in bf16, by whichever kernel the backend has found to be the fastest (of
 * NVIDIA's libraries where they are), and a copy from one block to another by the driver. Each is as large as it takes
 * for its time to be that of the device, not of the call.
 */
final class DevicePeaks implements Peaks {

  private static final double LONG_ENOUGH = 4e-3; // seconds; a call takes some hundredths of one
  private static final int SMALLEST = 256;
  private static final int LARGEST = 8192;
  private static final long SMALLEST_COPY = 64L << 20;
  private static final long LARGEST_COPY = 1L << 30;

  /** Products in a row in bf16: they take longer than the ops at their ends, which keep values between them in bf16. */
  private static final int ROW = 8;

  /** So many products in a row of matrices of so many rows and columns, by which kernel. */
  private record Products(TimedKernel kernel, int size, int count, String implementation) {

    private double flops() {
      return 2.0 * size * size * size * count / kernel.median();
    }

    private String told(String precision) {
      return String.format(Locale.ROOT, "%d products %s m=%d k=%d n=%d %.0f GFLOP/s (%s)", count, precision, size, size,
          size, flops() * 1e-9, implementation);
    }
  }

  private final Products exact;
  private final Products rounded;
  private final Block from;
  private final Block to;
  private double[] copies = new double[0]; // seconds

  DevicePeaks(Backend backend) {
    exact = products(backend, Precision.F32);
    try {
      rounded = products(backend, Precision.BF16);
    } catch (RuntimeException | Error e) {
      exact.kernel.close();
      throw e;
    }
    long bytes = SMALLEST_COPY;
    Block[] pair = pair(backend, bytes);
    while (bytes < LARGEST_COPY && fits(backend, bytes) && copied(pair[0], pair[1]) < LONG_ENOUGH) {
      close(pair);
      bytes *= 2;
      pair = pair(backend, bytes);
    }
    from = pair[0];
    to = pair[1];
  }

  /** Whether twice as much does, beside what is there. */
  private static boolean fits(Backend backend, long bytes) {
    return backend.memory().used() + 4 * bytes < backend.memory().limit();
  }

  private static Products products(Backend backend, Precision precision) {
    boolean row = precision != Precision.F32;
    int count = row ? ROW : 1;
    for (int size = SMALLEST;; size *= 2) {
      GraphBuilder b = new GraphBuilder();
      Value x = b.input("x", DType.F32, size, size);
      x = row ? b.activate("begin", x, Activation.RELU) : x; // layers at a network's ends keep f32
      for (int i = 0; i < count; i++) {
        x = b.linear("matmul" + i, x, size, true);
      }
      b.output("y", row ? b.slice("end", x, 1, 0, 1) : x);
      TimedKernel kernel = new TimedKernel(backend, b.build(), precision);
      kernel.measure(0);
      if (size == LARGEST || kernel.fastest() >= LONG_ENOUGH) {
        return new Products(kernel, size, count, kernel.implementation(row ? 1 : 0));
      }
      kernel.close();
    }
  }

  private static Block[] pair(Backend backend, long bytes) {
    Block one = backend.memory().allocate(bytes);
    try {
      Block other = backend.memory().allocate(bytes);
      one.fill(0x3f800000);
      return new Block[] {one, other};
    } catch (RuntimeException | Error e) {
      one.close();
      throw e;
    }
  }

  private static void close(Block[] pair) {
    pair[1].close();
    pair[0].close();
  }

  /** Seconds of a copy, for which the transfer behind it waits. */
  private static double copied(Block from, Block to) {
    MemorySegment word = MemorySegment.ofArray(new int[1]);
    long start = System.nanoTime();
    to.copyFrom(from);
    to.download(word, 0);
    return (System.nanoTime() - start) * 1e-9;
  }

  @Override
  public void measure() {
    exact.kernel.measure(0);
    rounded.kernel.measure(0);
    copies = Arrays.copyOf(copies, copies.length + 1);
    copies[copies.length - 1] = copied(from, to);
    Arrays.sort(copies);
  }

  @Override
  public double flops() {
    return exact.flops();
  }

  @Override
  public double bytes() {
    return 2.0 * from.bytes() / copies[copies.length / 2];
  }

  @Override
  public String toString() {
    return "peaks of this run: " + exact.told("f32") + ", " + rounded.told("bf16")
        + String.format(Locale.ROOT, ", copy of %.0f MB %.1f GB/s", from.bytes() * 1e-6, bytes() * 1e-9);
  }

  @Override
  public void close() {
    close(new Block[] {from, to});
    rounded.kernel.close();
    exact.kernel.close();
  }
}
