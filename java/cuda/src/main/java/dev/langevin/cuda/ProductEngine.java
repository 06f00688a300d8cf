package dev.langevin.cuda;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.cublaslt.Algorithm;
import dev.langevin.bindings.cublaslt.CublasLtHandle;
import dev.langevin.bindings.cublaslt.MatrixProduct;
import dev.langevin.bindings.cudnn.DataType;
import dev.langevin.bindings.kernels.Constant;
import dev.langevin.bindings.kernels.Kernel;
import dev.langevin.bindings.kernels.KernelLaunch;
import dev.langevin.cuda.LayerGraph.Place;
import dev.langevin.cuda.LayerGraph.Step;
import dev.langevin.cuda.LayerGraph.Tensor;
import dev.langevin.graph.Activation;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/** A linear layer by an algorithm of cuBLASLt's, and by a kernel what the product does not do. */
final class ProductEngine implements Engine {

  private static final long ALIGNMENT = 256;

  private final Session session;
  private final CublasLtHandle handle;
  private final LayerGraph graph;
  private final ProductForm form;
  private final String name;
  private final Algorithm algorithm;
  private final MatrixProduct product;
  private final Arena arena = LiveHandles.shared();
  private final KernelLaunch after; // null where the product does all
  private final long sumsBytes; // in the workspace, where the result's place does not hold them

  ProductEngine(Session session, CublasLtHandle handle, LayerGraph graph, ProductForm form, String name,
      Algorithm algorithm) {
    this.session = session;
    this.handle = handle;
    this.graph = graph;
    this.form = form;
    this.name = name;
    this.algorithm = algorithm;
    long elements = form.rows() * form.outputs();
    boolean apart = !form.after().isEmpty() && graph.tensors().get(form.y()).type() != DataType.F32;
    sumsBytes = apart ? Math.ceilDiv(elements * Float.BYTES, ALIGNMENT) * ALIGNMENT : 0;
    try {
      product = form.product();
      after = form.after().isEmpty() ? null : after(elements);
    } catch (RuntimeException | Error e) {
      close();
      throw e;
    }
  }

  /** The kernel without its addresses. */
  private KernelLaunch after(long elements) {
    KernelLaunch launch = session.launch(Kernel.POINTWISE, arena).integer("n", 1).integer("spatial", form.rows())
        .integer("channels", form.outputs()).choice("src_type", Constant.F32)
        .choice("dst_type", Stored.constant(graph.tensors().get(form.y()).type()))
        .units(Math.ceilDiv(elements, Constant.POINTWISE_ELEMENTS.value));
    for (int i = 0; i < form.after().size(); i++) {
      post(launch, i, form.after().get(i));
    }
    return launch;
  }

  private void post(KernelLaunch launch, int at, Step.Each each) {
    switch (each.mode()) {
      case ADD -> operand(launch.choice("post", at, Constant.POST_ADD), at, each);
      case MULTIPLY -> {
        Tensor factor = graph.tensors().get(each.b());
        if (factor.place() == Place.NUMBER) {
          launch.choice("post", at, Constant.POST_SCALE).real("value", at, factor.number());
        } else {
          operand(launch.choice("post", at, Constant.POST_MULTIPLY), at, each);
        }
      }
      case SILU -> launch.choice("post", at, Constant.POST_SWISH).real("value", at, 1);
      case QUICK_GELU -> launch.choice("post", at, Constant.POST_SWISH).real("value", at, Activation.QUICK_GELU_FACTOR);
      case GELU -> launch.choice("post", at, Constant.POST_GELU);
      case GELU_TANH -> launch.choice("post", at, Constant.POST_GELU_TANH);
      case RELU -> launch.choice("post", at, Constant.POST_RELU);
      case TANH -> launch.choice("post", at, Constant.POST_TANH);
    }
  }

  /** A row for all, or one a row of the result. */
  private void operand(KernelLaunch launch, int at, Step.Each each) {
    Tensor operand = graph.tensors().get(each.b());
    launch.choice("operand_type", at, Stored.constant(operand.type())).integer("pixel_stride", at,
        operand.dims().get(1) == 1 ? 0 : form.outputs());
  }

  @Override
  public String library() {
    return CublasLtLibrary.NAME;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public long workspaceBytes() {
    return sumsBytes + algorithm.workspaceBytes();
  }

  @Override
  public String kept() {
    return library() + " " + name + " " + algorithm.text();
  }

  @Override
  public void ask(long[] addresses, long workspace) {
    long y = addresses[form.y()];
    long sums = sumsBytes == 0 ? y : workspace;
    product.run(handle, algorithm, addresses[form.x()], addresses[form.weights()], address(addresses, form.added()),
        address(addresses, form.bias()), sums, algorithm.workspaceBytes() == 0 ? 0 : workspace + sumsBytes,
        session.stream());
    if (after != null) {
      after.pointer("src", MemorySegment.ofAddress(sums)).pointer("dst", MemorySegment.ofAddress(y));
      for (int i = 0; i < form.after().size(); i++) {
        int operand = form.after().get(i).b();
        if (operand != LayerGraph.NONE && graph.tensors().get(operand).place() != Place.NUMBER) {
          after.pointer("operand", i, MemorySegment.ofAddress(addresses[operand]));
        }
      }
      after.run(session.stream());
    }
  }

  private static long address(long[] addresses, int tensor) {
    return tensor == LayerGraph.NONE ? 0 : addresses[tensor];
  }

  @Override
  public void close() {
    if (product != null) {
      product.close();
    }
    if (arena.scope().isAlive()) {
      arena.close();
    }
  }
}
