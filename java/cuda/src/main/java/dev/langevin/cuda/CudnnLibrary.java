package dev.langevin.cuda;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cuda.CudaDevice;
import dev.langevin.bindings.cuda.CudaLibrary;
import dev.langevin.bindings.cuda.Driver;
import dev.langevin.bindings.cudnn.CudnnHandle;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.cudnn.DeviceDescription;
import dev.langevin.bindings.cudnn.ExecutionPlan;
import dev.langevin.bindings.cudnn.GraphTensor;
import dev.langevin.bindings.cudnn.NumericalNote;
import dev.langevin.bindings.cudnn.OperationGraph;
import dev.langevin.bindings.cudnn.PlanCandidates;
import dev.langevin.cuda.LayerGraph.Place;
import dev.langevin.cuda.LayerGraph.Step;
import dev.langevin.cuda.LayerGraph.Tensor;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** cuDNN's engines for a device, which need not be there unless they are to run. */
final class CudnnLibrary implements EngineLibrary {

  /** Engines that ask for more are passed over: some lay out a picture's windows one after another. */
  private static final long MOST_WORKSPACE = 256L << 20;

  private final DeviceDescription device;
  private final CudnnHandle handle; // null where nothing runs
  private final String identity;

  /** Takes over the description; the handle is the caller's. */
  CudnnLibrary(DeviceDescription device, CudnnHandle handle) {
    this.device = device;
    this.handle = handle;
    this.identity = title() + " " + device.json();
  }

  /**
   * That of a session, whose device computes in truth.
   *
   * @return null where the driver is the one on the processor, which runs no engine, or cuDNN is not there
   */
  static CudnnLibrary of(Session session, CudaDevice device) {
    if (Driver.isEmulated()) {
      return null;
    }
    try {
      CudaLibrary.CUDNN.symbols();
      CudnnHandle handle = session.make("cuDNN", () -> CudnnHandle.create(session.stream()));
      return new CudnnLibrary(session.call("describing it", () -> DeviceDescription.of(device.index())), handle);
    } catch (NativeException e) {
      return null; // doctor says why
    }
  }

  @Override
  public String title() {
    return "cuDNN " + CudnnHandle.version();
  }

  @Override
  public String identity() {
    return identity;
  }

  /** Two runs of one engine give the same bits, and sums are in f32; of {@link Arithmetic#F32} products, too. */
  private static Set<NumericalNote> unwanted(Arithmetic arithmetic) {
    return arithmetic == Arithmetic.F32 ? EnumSet.allOf(NumericalNote.class)
        : EnumSet.complementOf(EnumSet.of(NumericalNote.TENSOR_CORE));
  }

  @Override
  public Candidates candidates(LayerGraph graph) {
    OperationGraph built = built(graph);
    PlanCandidates plans = new PlanCandidates(built, device, unwanted(graph.arithmetic()));
    return new Candidates() {
      @Override
      public Engine next() {
        ExecutionPlan plan = plans.next();
        while (plan != null && plan.workspaceBytes() > MOST_WORKSPACE) {
          plan.close();
          plan = plans.next();
        }
        return plan == null ? null : new PlannedEngine("engine" + plans.engine(), plan, graph);
      }

      @Override
      public void close() {
        plans.close();
        built.close();
      }
    };
  }

  @Override
  public Engine read(LayerGraph graph, String kept) {
    int end = kept.indexOf('\n');
    if (end < 0) {
      throw new NativeException("a kept engine begins with its name, this with " + kept);
    }
    return new PlannedEngine(kept.substring(0, end), ExecutionPlan.read(kept.substring(end + 1), device), graph);
  }

  private static OperationGraph built(LayerGraph layer) {
    OperationGraph graph = new OperationGraph();
    try {
      GraphTensor[] made = new GraphTensor[layer.tensors().size()];
      GraphTensor result = null;
      for (int i = 0; i < made.length; i++) {
        Tensor tensor = layer.tensors().get(i);
        if (tensor.place() != Place.BETWEEN) {
          made[i] = graph.tensor(tensor.type(), array(tensor.dims()), array(tensor.strides()));
          result = tensor.place() == Place.RESULT ? made[i] : result;
        }
      }
      for (int i = 0; i < made.length; i++) {
        made[i] = made[i] == null ? graph.sums(layer.tensors().get(i).type(), result) : made[i];
      }
      for (Step step : layer.steps()) {
        switch (step) {
          case Step.Convolution s -> graph.convolution(made[s.x()], made[s.weights()], s.window(),
              layer.arithmetic().sums(), made[s.y()]);
          case Step.Product s -> graph.matmul(made[s.a()], made[s.b()], layer.arithmetic().sums(), made[s.c()]);
          case Step.Attention s ->
              graph.attention(made[s.q()], made[s.k()], made[s.v()], made[s.scale()], made[s.o()]);
          case Step.Each s ->
              graph.pointwise(s.mode(), made[s.x()], s.b() == LayerGraph.NONE ? null : made[s.b()], made[s.y()]);
        }
      }
      return graph;
    } catch (RuntimeException e) {
      graph.close();
      throw e;
    }
  }

  private static long[] array(List<Long> values) {
    return values.stream().mapToLong(Long::longValue).toArray();
  }

  /** A plan, and which of its graph's tensors it reads or writes in memory. */
  private final class PlannedEngine implements Engine {

    private final String name;
    private final ExecutionPlan plan;
    private final int[] there;
    private final long[] ids; // of those
    private final long workspaceBytes;

    /** OperationGraph numbers tensors from 1 on as they are made: those in memory come first. */
    PlannedEngine(String name, ExecutionPlan plan, LayerGraph graph) {
      this.name = name;
      this.plan = plan;
      there = IntStream.range(0, graph.tensors().size())
          .filter(i -> graph.tensors().get(i).place() != Place.BETWEEN).toArray();
      ids = LongStream.rangeClosed(1, there.length).toArray();
      workspaceBytes = plan.workspaceBytes();
    }

    @Override
    public String library() {
      return "cudnn";
    }

    @Override
    public String name() {
      return name;
    }

    @Override
    public long workspaceBytes() {
      return workspaceBytes;
    }

    @Override
    public String kept() {
      return name + "\n" + plan.json();
    }

    @Override
    public void ask(long[] addresses, long workspace) {
      plan.execute(handle, ids, Arrays.stream(there).mapToLong(i -> addresses[i]).toArray(), workspace);
    }

    @Override
    public void close() {
      plan.close();
    }
  }

  @Override
  public void close() {
    device.close();
  }
}
