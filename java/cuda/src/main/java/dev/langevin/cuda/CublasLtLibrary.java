package dev.langevin.cuda;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cublaslt.Algorithm;
import dev.langevin.bindings.cublaslt.CublasLt;
import dev.langevin.bindings.cublaslt.CublasLtHandle;
import dev.langevin.bindings.cublaslt.MatrixProduct;
import dev.langevin.bindings.cuda.CudaDevice;
import dev.langevin.bindings.cuda.CudaLibrary;
import dev.langevin.bindings.cuda.Driver;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Locale;

/**
 * cuBLASLt's matrix products as engines of linear layers: those that do all of a layer in one call, then those of the
 * plain product in f32, behind which a kernel of this project does the rest. Nothing is compiled for them.
 */
final class CublasLtLibrary implements EngineLibrary {

  static final String NAME = "cublaslt";

  /** Of each form. */
  private static final int MOST_ALGORITHMS = 8;

  /** Source: NVIDIA, cuBLAS documentation, "cublasSetWorkspace": what it asks for on its newer devices. */
  private static final long MOST_WORKSPACE = 32L << 20;

  private final Session session;
  private final CublasLtHandle handle;
  private final String identity;

  /** The handle is the caller's. */
  CublasLtLibrary(Session session, CudaDevice device, CublasLtHandle handle) {
    this.session = session;
    this.handle = handle;
    this.identity =
        title() + " " + device.name() + " " + device.architecture() + " " + device.multiprocessors();
  }

  /**
   * That of a session, whose device computes in truth.
   *
   * @return null where the driver is the one on the processor, or cuBLASLt is not there
   */
  static CublasLtLibrary of(Session session, CudaDevice device) {
    if (Driver.isEmulated()) {
      return null;
    }
    try {
      CudaLibrary.CUBLASLT.symbols();
      return new CublasLtLibrary(session, device, session.make("cuBLASLt", CublasLtHandle::create));
    } catch (NativeException e) {
      return null; // doctor says why
    }
  }

  @Override
  public String title() {
    return "cuBLASLt " + CublasLt.version();
  }

  @Override
  public String identity() {
    return identity;
  }

  @Override
  public Candidates candidates(LayerGraph graph) {
    Deque<ProductForm> forms = new ArrayDeque<>(ProductForm.of(graph));
    Deque<ProductEngine> found = new ArrayDeque<>();
    return new Candidates() {
      @Override
      public Engine next() {
        while (found.isEmpty() && !forms.isEmpty()) {
          found.addAll(engines(graph, forms.remove()));
        }
        return found.poll();
      }

      @Override
      public void close() {
        found.forEach(ProductEngine::close);
        found.clear();
      }
    };
  }

  private List<ProductEngine> engines(LayerGraph graph, ProductForm form) {
    try (MatrixProduct product = form.product()) {
      List<Algorithm> algorithms = product.algorithms(handle, MOST_ALGORITHMS, MOST_WORKSPACE);
      Deque<ProductEngine> made = new ArrayDeque<>();
      try {
        for (int i = 0; i < algorithms.size(); i++) {
          made.add(engine(graph, form, form.kind().name().toLowerCase(Locale.ROOT) + i, algorithms.get(i)));
        }
        return List.copyOf(made);
      } catch (RuntimeException e) {
        made.forEach(ProductEngine::close);
        throw e;
      }
    }
  }

  private ProductEngine engine(LayerGraph graph, ProductForm form, String name, Algorithm algorithm) {
    return new ProductEngine(session, handle, graph, form, name, algorithm);
  }

  @Override
  public Engine read(LayerGraph graph, String kept) {
    String[] words = kept.split(" ");
    for (ProductForm form : ProductForm.of(graph)) {
      if (words.length == 3 && words[0].equals(NAME)
          && words[1].startsWith(form.kind().name().toLowerCase(Locale.ROOT))) {
        try (MatrixProduct product = form.product()) {
          return engine(graph, form, words[1], product.algorithm(handle, words[2]));
        }
      }
    }
    throw new NativeException("no engine of cuBLASLt for this graph is kept so");
  }

  @Override
  public void close() {}
}
