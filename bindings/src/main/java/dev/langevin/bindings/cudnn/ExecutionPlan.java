package dev.langevin.bindings.cudnn;

import dev.langevin.bindings.NativeException;
import java.util.ArrayList;
import java.util.List;

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
    NativeException last = null;
    try {
      for (Constant mode : new Constant[] {Constant.HEUR_MODE_A, Constant.HEUR_MODE_FALLBACK}) {
        if (plans.size() < most) {
          try {
            plan(graph, device, mode, most, plans);
          } catch (NativeException e) {
            last = e;
          }
        }
      }
    } catch (RuntimeException e) {
      plans.forEach(ExecutionPlan::close);
      throw e;
    }
    if (plans.isEmpty()) {
      throw last != null ? last : new NativeException("cuDNN has no engine for this graph");
    }
    return plans;
  }

  private static void plan(OperationGraph graph, DeviceDescription device, Constant mode, int most,
      List<ExecutionPlan> plans) {
    List<Descriptor> configurations;
    try (Descriptor heuristics = new Descriptor(Constant.ENGINEHEUR_DESCRIPTOR)) {
      configurations = heuristics.set(Constant.ENGINEHEUR_OPERATION_GRAPH, graph.finished())
          .set(Constant.ENGINEHEUR_MODE, Constant.TYPE_HEUR_MODE, mode)
          .set(Constant.ENGINEHEUR_DEVICEPROP, device.descriptor).finish()
          .descriptors(Constant.ENGINEHEUR_RESULTS, Constant.ENGINECFG_DESCRIPTOR);
    }
    NativeException last = null;
    try {
      for (Descriptor configuration : configurations) {
        if (plans.size() == most) {
          return;
        }
        Descriptor made = new Descriptor(Constant.EXECUTION_PLAN_DESCRIPTOR);
        try {
          made.set(Constant.EXECUTION_PLAN_ENGINE_CONFIG, configuration)
              .set(Constant.EXECUTION_PLAN_DEVICEPROP, device.descriptor).finish();
          plans.add(new ExecutionPlan(made));
        } catch (NativeException e) {
          made.close();
          last = e;
        }
      }
    } finally {
      configurations.forEach(Descriptor::close);
    }
    if (plans.isEmpty() && last != null) {
      throw last;
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
