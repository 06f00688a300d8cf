package dev.langevin.pipeline.engine;

import dev.langevin.diffusion.NotFiniteException;
import dev.langevin.tensor.Tensor;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** Sees to it that what stages make are numbers: a picture of NaN would be black. */
final class Finite {

  private static final String REMEDY = "; take a higher precision, less guidance, or another file of the weights";

  private Finite() {}

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
