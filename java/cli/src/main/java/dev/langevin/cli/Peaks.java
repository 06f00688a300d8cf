package dev.langevin.cli;

import dev.langevin.backend.Backend;

/** What a device gives at best, measured again and again beside what is related to it. {@link #toString} tells all. */
interface Peaks extends AutoCloseable {

  static Peaks of(Backend backend) {
    return backend.name().equals("cuda") ? new DevicePeaks(backend) : new HostPeaks(backend);
  }

  /** Once more. */
  void measure();

  /** Multiplications and additions a second in a matrix product of f32, the median so far. */
  double flops();

  /** Bytes read and written a second, the median so far. */
  double bytes();

  @Override
  void close();
}
