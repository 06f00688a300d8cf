package dev.langevin.pipeline.engine;

import dev.langevin.tensor.NotFiniteException;
import dev.langevin.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Set;

/** Sees to it that what stages make are numbers: a picture of NaN would be black. */
final class Finite {

  private static final String REMEDY = "; take a higher precision, less guidance, or another file of the weights";

  private Finite() {}

  /**
   * Runs again what ended so, with a look at every op's result, where {@code -Dlangevin.debug=true} asks for it.
   *
   * @param again runs the same request from its seed
   */
  static NotFiniteException explained(NotFiniteException lost, Model model, List<Stage> stages, Runnable again) {
    if (!Boolean.getBoolean("langevin.debug")) {
      return lost;
    }
    List<Network> networks = stages.stream().flatMap(stage -> stage.needs().stream()).map(Need::network).toList();
    try {
      watch(model, networks, true);
      again.run();
      return lost;
    } catch (NotFiniteException first) {
      return new NotFiniteException(lost.getMessage() + "; made again, op by op: " + first.getMessage());
    } finally {
      watch(model, networks, false);
    }
  }

  private static void watch(Model model, List<Network> networks, boolean every) {
    model.backend().call(() -> {
      networks.forEach(network -> network.watch(every));
      return null;
    });
  }

  /** @throws NotFiniteException naming the stage and what of it is lost */
  static void run(Stage stage, Run run) {
    Set<Tensor> before = Collections.newSetFromMap(new IdentityHashMap<>());
    before.addAll(run.tensors().values());
    try {
      stage.run(run);
    } catch (NotFiniteException e) {
      throw new NotFiniteException("stage " + stage.name() + ": " + e.getMessage() + REMEDY);
    }
    run.tensors().forEach((name, tensor) -> {
      if (!before.contains(tensor) && tensor.encoding().isFloatingPoint() && !tensor.isFinite()) {
        throw new NotFiniteException(
            "stage " + stage.name() + ": '" + name + "' holds NaN or infinite values" + REMEDY);
      }
    });
  }
}
