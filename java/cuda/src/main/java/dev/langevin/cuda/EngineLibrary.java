package dev.langevin.cuda;

/** A library that has engines for graphs, on a session's device. On the session's thread. */
interface EngineLibrary extends AutoCloseable {

  /** For people, such as {@code cuDNN 9.24.0}. */
  String title();

  /** Equal where an engine that was kept can be read again: library, version, device. */
  String identity();

  /** Engines for a graph, in the order of the library's heuristics; finding them out is the library's business. */
  Candidates candidates(LayerGraph graph);

  /**
   * An engine as another process kept it.
   *
   * @throws dev.langevin.bindings.NativeException if the library does not take it
   */
  Engine read(LayerGraph graph, String kept);

  @Override
  void close();

  /** Engines that are made when they are asked for: that takes from milliseconds to seconds each. */
  interface Candidates extends AutoCloseable {

    /** The next that serves, which is the caller's to close; null where there is none any more. */
    Engine next();

    @Override
    void close();
  }
}
