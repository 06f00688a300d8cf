package dev.langevin.reference;

import dev.langevin.plan.Plan;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;

/** The one place where these tests write a plan's inputs and read its outputs. */
public final class Ports {

  private Ports() {}

  /** Writes a whole input, turning integers into f32 where the plan takes f32. */
  public static void write(Plan plan, String input, Tensor value) {
    if (value.shape().elements() != plan.input(input).shape().elements()) {
      throw new AssertionError(input + ": given " + value.shape() + ", the plan takes " + plan.input(input).shape());
    }
    copy(value, plan.input(input));
  }

  /** Copies, turning integers into f32 where {@code target} is f32. */
  static void copy(Tensor value, Tensor target) {
    target.data().copyFrom((value.dtype() == target.dtype() ? value : converted(value, target.dtype())).data());
  }

  private static Tensor converted(Tensor value, DType wanted) {
    if (wanted != DType.F32) {
      throw new AssertionError("cannot write " + value.dtype() + " to " + wanted);
    }
    return Tensor.ofFloats(value.toFloats(), value.shape().dims());
  }

  static void write(Plan plan, String input, float... values) {
    write(plan, input, Tensor.ofFloats(values, values.length));
  }

  static void write(Plan plan, String input, long... values) {
    write(plan, input, Tensor.ofLongs(values, values.length));
  }

  /** Writes the same number everywhere. */
  static void fill(Plan plan, String input, float value) {
    float[] values = new float[Math.toIntExact(plan.input(input).shape().elements())];
    java.util.Arrays.fill(values, value);
    write(plan, input, values);
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

  /** An input as the registers of a sampler that writes it at each step. */
  static Tensor memory(Plan plan, String input) {
    return plan.input(input);
  }

  /** An output's values of the last run; with the engine as it is, valid until the next. */
  public static Tensor read(Plan plan, String output) {
    return plan.output(output);
  }
}
