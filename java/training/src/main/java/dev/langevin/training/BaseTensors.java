package dev.langevin.training;

import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.util.Map;
import java.util.function.Function;

/**
 * The networks of a base, each under the prefix that a joined graph gives it, and what a run adds to them.
 *
 * @param networks by prefix; none begins with another
 * @param added the tensor of a name that is the run's own, or null
 */
record BaseTensors(Map<String, ? extends TensorSource> networks, Function<String, Tensor> added)
    implements TensorSource {

  @Override
  public Tensor tensor(String name) {
    Tensor own = added.apply(name);
    if (own != null) {
      return own;
    }
    for (Map.Entry<String, ? extends TensorSource> network : networks.entrySet()) {
      if (name.startsWith(network.getKey())) {
        return network.getValue().tensor(name.substring(network.getKey().length()));
      }
    }
    throw new IllegalArgumentException(name + " begins with none of " + networks.keySet());
  }

  @Override
  public void unload() {
    networks.values().forEach(TensorSource::unload);
  }

  @Override
  public void requireUnchanged() {
    networks.values().forEach(TensorSource::requireUnchanged);
  }
}
