package dev.langevin.backend;

/** How {@link java.util.ServiceLoader} finds a backend without loading its native libraries. */
public interface BackendProvider {

  String name();

  /** The one instance of this process; made at the first call, which may fail for lack of a library or a device. */
  Backend backend();
}
