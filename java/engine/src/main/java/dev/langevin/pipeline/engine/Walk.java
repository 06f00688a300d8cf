package dev.langevin.pipeline.engine;

import dev.langevin.request.GenerationListener.Preview;
import dev.langevin.tensor.Tensor;

/** A reverse chain on its way. Used on the backend's thread, but for what is said to be read between steps. */
public interface Walk extends AutoCloseable {

  /** Steps in all, and {@link #done} those that were made. */
  int calls();

  /** Steps that were made, 0 to {@link #calls}. */
  int done();

  /** Makes one; other runs may have used the same networks since the last. */
  void step();

  /** What a listener is shown, read on the request's thread between steps. */
  Preview preview();

  /** How many previews it can keep: none of a large sample, whose copies would take memory that nobody planned. */
  int previews();

  /**
   * What a listener is shown later, while other steps are made; on the backend's thread.
   *
   * @param slot below {@link #previews}; what was kept in it is lost
   */
  Preview preview(int slot);

  /** A copy of the sample, read on the request's thread between steps. */
  Tensor sample();

  @Override
  void close();
}
