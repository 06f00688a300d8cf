package dev.langevin.reference;

import dev.langevin.backend.DeviceTensor;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;

/** The one place where these tests write a plan's inputs and read its outputs. */
public final class Ports {

  private Ports() {}

  /** Writes a whole input, turning integers into f32 where the plan takes f32. */
  public static void write(Plan plan, String input, Tensor value) {
    write(plan.in(input), value);
  }

  /** As {@link #write(Plan, String, Tensor)}. */
  static void write(DeviceTensor port, Tensor value) {
    if (port.dtype() == DType.F32) {
      port.write(value.toFloats());
    } else {
      port.write(value);
    }
  }

  static void write(Plan plan, String input, float... values) {
    write(plan, input, Tensor.ofFloats(values, values.length));
  }

  static void write(Plan plan, String input, long... values) {
    write(plan, input, Tensor.ofLongs(values, values.length));
  }

  /** Writes the same number everywhere. */
  static void fill(Plan plan, String input, float value) {
    plan.in(input).fill(value);
  }

  /** Writes every input that the case has under this name with a prefix. */
  static void writeAll(ReferenceCase reference, String prefix, Plan plan, String... names) {
    for (String name : names) {
      String stored = prefix + (reference.has(prefix + name) ? name : "added_cond_kwargs." + name);
      if (plan.hasInput(name) && reference.has(stored)) {
        write(plan, name, reference.tensor(stored));
      }
    }
  }

  /** A copy of an output of the last run. */
  public static Tensor read(Plan plan, String output) {
    return plan.out(output).read();
  }
}
