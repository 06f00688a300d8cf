package dev.langevin.pipeline.engine;

import dev.langevin.tensor.TensorSource;
import java.util.Map;
import java.util.function.Supplier;

/**
 * What a request does to a network's weights. Plans with other updates share all weights but those that are updated.
 *
 * @param key equal for equal updates
 * @param tensors what is done to each tensor that is updated, by its name: equal where the values are
 * @param weights opens the network's weights with the updates; on the backend's thread, once for each plan that is
 *   made, and closed when that has packed what it needs
 */
public record Updates(Object key, Map<String, ?> tensors, Supplier<? extends Weights> weights) {

  /** Copies {@code tensors}. */
  public Updates {
    tensors = Map.copyOf(tensors);
  }

  /**
   * Weights that lie in files. Their {@link #identity} is that of the network's own, as those follow from it that are
   * not updated.
   */
  public interface Weights extends TensorSource, AutoCloseable {

    @Override
    void close();
  }
}
