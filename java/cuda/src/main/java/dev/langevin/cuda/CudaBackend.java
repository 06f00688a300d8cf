package dev.langevin.cuda;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BlockKernels;
import dev.langevin.backend.CompiledOp;
import dev.langevin.backend.Memory;
import dev.langevin.backend.Precision;
import dev.langevin.backend.PreparedOp;
import dev.langevin.backend.Program;
import dev.langevin.backend.SharedDevice;
import dev.langevin.backend.UnsupportedOpException;
import dev.langevin.bindings.cuda.CudaDevice;
import dev.langevin.bindings.cuda.Driver;
import dev.langevin.graph.GradientOp;
import dev.langevin.graph.Graph;
import dev.langevin.graph.Node;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.Callable;

/** A GPU: a share of its {@link Gpu}. */
final class CudaBackend implements Backend {

  static final String NO_TRAINING =
      "the backend cuda has no gradients and no optimiser; train with the backend onednn";

  /** Who computes ops, the first that has a kernel. */
  private static final List<OpKernels> KERNELS = List.of(new EngineKernels(Session::engines), new OwnKernels());

  private final SharedDevice<Gpu>.Share share;
  private final List<OpKernels> kernels;

  CudaBackend(SharedDevice<Gpu>.Share share) {
    this(share, KERNELS);
  }

  /** @param kernels in place of the usual ones */
  CudaBackend(SharedDevice<Gpu>.Share share, List<OpKernels> kernels) {
    this.share = share;
    this.kernels = kernels;
  }

  @Override
  public String name() {
    return CudaBackendProvider.NAME;
  }

  @Override
  public int device() {
    return share.device().device.index();
  }

  @Override
  public int threads() {
    return share.device().threads();
  }

  @Override
  public String description() {
    CudaDevice device = share.device().device;
    return device.name() + ", " + device.architecture() + ", CUDA " + Driver.text(Driver.version());
  }

  /** Weights are packed in Java; pictures record it as what they were computed by. */
  @Override
  public String build() {
    Engines engines = share.device().session().engines();
    return description() + (engines == null ? ", own kernels" : ", " + engines.title() + " and own kernels");
  }

  @Override
  public Map<String, String> facts() {
    CudaDevice device = share.device().device;
    Map<String, String> facts = new LinkedHashMap<>();
    facts.put("cuda:" + device.index(), description());
    facts.put("memory", device.memory() + " bytes");
    facts.put("CUDA kernels", share.device().session().origin());
    Engines engines = share.device().session().engines();
    if (engines != null) {
      facts.put("engines", engines.report());
    }
    return facts;
  }

  @Override
  public String trainingRefusal() {
    return NO_TRAINING;
  }

  @Override
  public PreparedOp prepare(Node node) {
    return prepare(node, Precision.F32);
  }

  @Override
  public PreparedOp prepare(Node node, Precision precision) {
    Session session = share.device().session();
    for (OpKernels each : kernels) {
      PreparedOp op = each.prepare(session, node, precision);
      if (op != null) {
        return op;
      }
    }
    throw new UnsupportedOpException(
        node + ": " + (node.op() instanceof GradientOp ? NO_TRAINING : "the backend cuda has no kernel"), null);
  }

  @Override
  public Map<Value, DType> storage(Graph graph, Set<Node> exact, Precision precision) {
    DType type = Stored.between(precision);
    return type == DType.F32 ? Map.of() : HalfValues.of(graph, exact, type);
  }

  /** A row of a layer takes as long as a tile of the kernel does, a launch as long as many of them. */
  @Override
  public int timesAhead() {
    return 32;
  }

  @Override
  public BlockKernels blocks() {
    return new CudaBlocks(share.device());
  }

  @Override
  public Memory memory() {
    return share.device().memory;
  }

  @Override
  public Program program(List<CompiledOp> ops, int[] ends) {
    return new CudaProgram(
        ops.isEmpty() ? share.device().session() : ((Launches) ops.getFirst()).session(), ops, ends);
  }

  @Override
  public <T> T call(Callable<T> work) {
    return share.device().thread.call(work);
  }

  @Override
  public void post(long nanoseconds, Runnable work) {
    share.device().thread.post(nanoseconds, work);
  }

  @Override
  public boolean isCurrentThread() {
    return share.device().thread.isCurrent();
  }

  @Override
  public Backend share() {
    return new CudaBackend(share.again(), kernels);
  }

  @Override
  public void close() {
    share.close();
  }
}
