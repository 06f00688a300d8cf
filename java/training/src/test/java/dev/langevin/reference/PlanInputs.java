package dev.langevin.reference;

import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Writes stored tensors to a plan's inputs. */
final class PlanInputs {

  private PlanInputs() {}

  /** Copies, turning integers into f32 where the plan takes f32. */
  static void write(Tensor source, Tensor target) {
    if (source.dtype() == target.dtype()) {
      target.data().copyFrom(source.data());
    } else if (target.dtype() == DType.F32) {
      float[] values = source.toFloats();
      MemorySegment.copy(values, 0, target.data(), ValueLayout.JAVA_FLOAT, 0, values.length);
    } else {
      throw new AssertionError("cannot write " + source.dtype() + " to " + target.dtype());
    }
  }

  /** Writes every input that the case has under this name with a prefix. */
  static void writeAll(ReferenceCase reference, String prefix, Plan plan, String... names) {
    for (String name : names) {
      String stored = prefix + (reference.has(prefix + name) ? name : "added_cond_kwargs." + name);
      if (plan.hasInput(name) && reference.has(stored)) {
        write(reference.tensor(stored), plan.input(name));
      }
    }
  }
}
