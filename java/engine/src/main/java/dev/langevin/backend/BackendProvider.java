package dev.langevin.backend;

/** How {@link java.util.ServiceLoader} finds a backend without loading its native libraries. */
public interface BackendProvider {

  /** The backend's name, without a device. */
  String name();

  /** In which precision models are loaded that none is asked of. */
  default Precision usualPrecision() {
    return Precision.F32;
  }

  /**
   * A share of the one backend that this process has on a device, as {@link Backend#open} says. The first share makes
   * it, which may fail for lack of a library or a device.
   */
  Backend open(int device, BackendOptions options);
}
