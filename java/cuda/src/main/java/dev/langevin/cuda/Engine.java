package dev.langevin.cuda;

/** A library's kernel for a {@link LayerGraph}, ready to run in the session's stream. On the session's thread. */
interface Engine extends AutoCloseable {

  /** Whose it is, for listings: {@code cudnn}. */
  String library();

  /** For listings, such as {@code eng57}. */
  String name();

  /** Bytes on the device that a run needs beside its tensors. */
  long workspaceBytes();

  /** What {@link EngineLibrary#read} makes it of in another process. */
  String kept();

  /**
   * Asks the stream for a run.
   *
   * @param addresses of the graph's tensors, in their order; 0 for those between two steps
   * @param workspace address of {@link #workspaceBytes}
   */
  void ask(long[] addresses, long workspace);

  @Override
  void close();
}
