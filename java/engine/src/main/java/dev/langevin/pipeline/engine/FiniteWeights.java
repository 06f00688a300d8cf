package dev.langevin.pipeline.engine;

import dev.langevin.plan.WeightCache;
import dev.langevin.request.LoadOptions;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.WeightsException;
import java.util.List;

/** Weights that hold NaN or an infinity make no picture: they are refused, or warned of where that is asked for. */
public final class FiniteWeights {

  private FiniteWeights() {}

  /**
   * The cache that weights may come from: none where they need not be finite, so that what a cache holds is.
   *
   * @return null for none
   */
  public static WeightCache cache(LoadOptions options) {
    return options.allowNan() ? null : options.weightCache();
  }

  /**
   * Reads all of them, unless the cache knows them.
   *
   * @throws WeightsException naming those that are not finite
   * @throws dev.langevin.tensor.ChangedFileException if a file was changed while it was read
   */
  public static void require(NamedTensors weights, LoadOptions options) {
    WeightCache cache = cache(options);
    if (cache != null && cache.knows(weights.identity())) {
      return; // they were read, and found finite, before they came there
    }
    List<String> notFinite;
    try {
      notFinite = weights.notFinite();
    } catch (InternalError e) { // the runtime's word for a page of a mapped file that is gone
      weights.requireUnchanged();
      throw e;
    }
    weights.requireUnchanged();
    if (!notFinite.isEmpty()) {
      String message = weights.origin() + ": " + notFinite.size() + " tensors hold NaN or infinite values, such as "
          + notFinite.subList(0, Math.min(10, notFinite.size())) + "; download the file again, or convert it from f32";
      if (!options.allowNan()) {
        throw new WeightsException(message);
      }
      options.warnings().accept(message);
    }
    weights.unload();
  }
}
