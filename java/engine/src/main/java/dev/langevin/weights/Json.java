package dev.langevin.weights;

import com.fasterxml.jackson.core.JsonFactoryBuilder;
import com.fasterxml.jackson.core.util.JsonRecyclerPools;

/** How this package reads and writes JSON. */
final class Json {

  private Json() {}

  /**
   * A factory that keeps no buffers: Jackson's own keeps them in thread-locals, by which a server's threads would hold
   * on to the classes of an application that was stopped long ago.
   */
  static JsonFactoryBuilder factory() {
    return new JsonFactoryBuilder().recyclerPool(JsonRecyclerPools.nonRecyclingPool());
  }
}
