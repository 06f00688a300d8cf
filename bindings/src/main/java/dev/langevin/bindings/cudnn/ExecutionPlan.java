package dev.langevin.bindings.cudnn;

import dev.langevin.bindings.NativeException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;

/** An engine's kernel for an {@link OperationGraph} on a device, compiled and ready to run. */
public final class ExecutionPlan implements AutoCloseable {

  private final Descriptor plan;

  private ExecutionPlan(Descriptor plan) {
    this.plan = plan;
  }

  /**
   * Makes plans by the engines that cuDNN's heuristics name, the likeliest to be fast first.
   *
   * @param most how many; engines that do not serve are passed over
   * @throws NativeException if none serves, with the reason of the last
   */
  public static List<ExecutionPlan> plan(OperationGraph graph, DeviceDescription device, int most) {
    List<ExecutionPlan> plans = new ArrayList<>();
    try (PlanCandidates candidates = new PlanCandidates(graph, device, Set.of())) {
      for (ExecutionPlan next = candidates.next(); next != null;
          next = plans.size() < most ? candidates.next() : null) {
        plans.add(next);
      }
      if (plans.isEmpty()) {
        throw candidates.refusal();
      }
      return plans;
    } catch (RuntimeException e) {
      plans.forEach(ExecutionPlan::close);
      throw e;
    }
  }

  /**
   * The plan of an engine's configuration.
   *
   * @throws NativeException if the engine does not serve after all
   */
  static ExecutionPlan of(Descriptor configuration, DeviceDescription device) {
    Descriptor made = new Descriptor(Constant.EXECUTION_PLAN_DESCRIPTOR);
    try {
      return new ExecutionPlan(made.set(Constant.EXECUTION_PLAN_ENGINE_CONFIG, configuration)
          .set(Constant.EXECUTION_PLAN_DEVICEPROP, device.descriptor).finish());
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  /** Makes a plan of what another process has kept of it with {@link #json}, for the same device. */
  public static ExecutionPlan read(String json, DeviceDescription device) {
    Descriptor made = new Descriptor(Constant.EXECUTION_PLAN_DESCRIPTOR);
    try {
      return new ExecutionPlan(made.set(Constant.EXECUTION_PLAN_DEVICEPROP, device.descriptor)
          .text(Constant.EXECUTION_PLAN_JSON_REPRESENTATION, json).finish());
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  /** The plan with its compiled code. */
  public String json() {
    return plan.text(Constant.EXECUTION_PLAN_JSON_REPRESENTATION);
  }

  /** Bytes on the device that a run needs beside its values. */
  public long workspaceBytes() {
    return plan.number(Constant.EXECUTION_PLAN_WORKSPACE_SIZE);
  }

  /**
   * Asks the handle's stream for a run.
   *
   * @param ids of the tensors in memory, see {@link GraphTensor#id}
   * @param addresses theirs on the device, in the same order
   * @param workspace address of {@link #workspaceBytes}, or 0 for none
   */
  public void execute(CudnnHandle handle, long[] ids, long[] addresses, long workspace) {
    try (Descriptor pack = new Descriptor(Constant.VARIANT_PACK_DESCRIPTOR)) {
      pack.set(Constant.VARIANT_PACK_UNIQUE_IDS, ids)
          .pointers(Constant.VARIANT_PACK_DATA_POINTERS, Constant.TYPE_VOID_PTR, addresses)
          .pointers(Constant.VARIANT_PACK_WORKSPACE, Constant.TYPE_VOID_PTR, workspace).finish();
      Function.EXECUTE.call("", handle.address(), plan.address(), pack.address());
    }
  }

  @Override
  public void close() {
    plan.close();
  }
}
