package dev.langevin.bindings.cublaslt;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cuda.CudaStream;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A linear layer on a device: y = epilogue(x w^T + added), where x is (rows, inputs), w (outputs, inputs), y and what
 * is added (rows, outputs), all without gaps and row by row. Products and sums are in f32, also where sums of several
 * blocks come together, and two runs of an algorithm give the same bits.
 *
 * <p>
 * Source: NVIDIA, cuBLAS documentation, "cublasLtMatmul". To describe one takes no device. One thread at a time; owns
 * its descriptions until {@link #close}.
 */
public final class MatrixProduct implements AutoCloseable {

  /** Of addresses, in bytes. */
  private static final int ALIGNMENT = 16;

  private static final long ALGORITHM_BYTES = 64;

  private final List<Descriptor> owned = new ArrayList<>();
  private final Epilogue epilogue;
  private final String text;
  private final Descriptor product;
  // cuBLASLt's matrices have their columns one behind the other, so ours are theirs transposed: y^T = w x^T.
  private final Descriptor weights; // (inputs, outputs), transposed by the product
  private final Descriptor x; // (inputs, rows)
  private final Descriptor y; // (outputs, rows)

  /**
   * Describes it.
   *
   * @param values type of x and w
   * @param shortProducts whether products of f32 may see the first 11 bits of significands alone, on tensor cores
   * @param results type of y, of what is added and of the bias
   */
  public MatrixProduct(long rows, long inputs, long outputs, MatrixType values, boolean shortProducts,
      MatrixType results, Epilogue epilogue) {
    this.epilogue = epilogue;
    text = rows + " by " + inputs + " by " + outputs + ", " + values + " to " + results + ", " + epilogue;
    try {
      product = own(Descriptor.matmul(shortProducts ? Constant.COMPUTE_32F_FAST_TF32 : Constant.COMPUTE_32F,
          Constant.R_32F));
      product.set(Constant.MATMUL_DESC_TRANSA, Constant.OP_T.value)
          .set(Constant.MATMUL_DESC_EPILOGUE, epilogue.constant.value);
      weights = own(Descriptor.matrix(values, inputs, outputs));
      x = own(Descriptor.matrix(values, inputs, rows));
      y = own(Descriptor.matrix(results, outputs, rows));
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private Descriptor own(Descriptor made) {
    owned.add(made);
    return made;
  }

  /**
   * The algorithms that cuBLASLt's heuristics name for the handle's device, the likeliest to be fast first.
   *
   * @param most how many
   * @param mostWorkspace bytes that each may need
   * @return none where cuBLASLt has no such product
   */
  public List<Algorithm> algorithms(CublasLtHandle handle, int most, long mostWorkspace) {
    try (Descriptor preference = preference(mostWorkspace); Arena arena = Arena.ofConfined()) {
      long bytes = Layout.HEURISTIC_RESULT.bytes();
      MemorySegment results = arena.allocate(most * bytes, Long.BYTES);
      MemorySegment found = arena.allocate(ValueLayout.JAVA_INT);
      int status = Function.HEURISTIC.function().invoke(handle.address(), product.address(), weights.address(),
          x.address(), y.address(), y.address(), preference.address(), most, results.address(), found.address())
          .intValue();
      if (status == Constant.STATUS_NOT_SUPPORTED.value) {
        return List.of();
      }
      Function.HEURISTIC.check(text, status);
      List<Algorithm> algorithms = new ArrayList<>();
      for (int i = 0; i < found.get(ValueLayout.JAVA_INT, 0); i++) {
        MemorySegment result = results.asSlice(i * bytes, bytes);
        if (result.get(ValueLayout.JAVA_INT, Layout.HEURISTIC_RESULT.field("state").offset()) == 0) {
          algorithms.add(algorithm(result));
        }
      }
      return algorithms;
    }
  }

  /** What is asked of algorithms. */
  static Descriptor preference(long mostWorkspace) {
    Descriptor made = Descriptor.preference();
    try {
      return made.set(Constant.PREF_MAX_WORKSPACE_BYTES, mostWorkspace)
          .set(Constant.PREF_REDUCTION_SCHEME_MASK, Constant.REDUCTION_SCHEME_COMPUTE_TYPE.value)
          .set(Constant.PREF_MIN_ALIGNMENT_A_BYTES, ALIGNMENT).set(Constant.PREF_MIN_ALIGNMENT_B_BYTES, ALIGNMENT)
          .set(Constant.PREF_MIN_ALIGNMENT_C_BYTES, ALIGNMENT).set(Constant.PREF_MIN_ALIGNMENT_D_BYTES, ALIGNMENT);
    } catch (RuntimeException e) {
      made.close();
      throw e;
    }
  }

  /** The first 64 bytes are cuBLASLt's own. */
  private static Algorithm algorithm(MemorySegment result) {
    return new Algorithm(
        HexFormat.of().formatHex(result.asSlice(0, ALGORITHM_BYTES).toArray(ValueLayout.JAVA_BYTE)),
        result.get(ValueLayout.JAVA_LONG, Layout.HEURISTIC_RESULT.field("workspaceSize").offset()));
  }

  /**
   * An algorithm as another process has kept it.
   *
   * @param text that of {@link Algorithm#text}
   * @throws NativeException if it is none, or the handle's device does not compute this product by it
   */
  public Algorithm algorithm(CublasLtHandle handle, String text) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment result = arena.allocate(Layout.HEURISTIC_RESULT.bytes(), Long.BYTES);
      MemorySegment algorithm = native64(arena, text);
      Function.CHECK.call(this.text, handle.address(), product.address(), weights.address(), x.address(), y.address(),
          y.address(), algorithm.address(), result.address());
      result.asSlice(0, ALGORITHM_BYTES).copyFrom(algorithm);
      return algorithm(result);
    }
  }

  private static MemorySegment native64(Arena arena, String text) {
    try {
      byte[] bytes = HexFormat.of().parseHex(text);
      if (bytes.length == ALGORITHM_BYTES) {
        return arena.allocate(ALGORITHM_BYTES, Long.BYTES).copyFrom(MemorySegment.ofArray(bytes));
      }
    } catch (IllegalArgumentException e) {
      // told below
    }
    throw new NativeException("\"" + text + "\" is no algorithm of cuBLASLt: 64 bytes in hexadecimal are");
  }

  /**
   * Asks the stream for a run. What is at the addresses must live until it is done.
   *
   * @param x address on the device, a multiple of 16, as of the other matrices
   * @param added address of what is added to the product, {@code y} included; 0 for nothing
   * @param bias address; 0 where the epilogue has none
   * @param workspace address of {@link Algorithm#workspaceBytes}, or 0 for none
   */
  public void run(CublasLtHandle handle, Algorithm algorithm, long x, long weights, long added, long bias, long y,
      long workspace, CudaStream stream) {
    if (epilogue.bias() != (bias != 0)) {
      throw new IllegalArgumentException("a product with " + epilogue + (bias == 0 ? " needs a bias" : " has no bias"));
    }
    try (Arena arena = Arena.ofConfined()) {
      if (bias != 0) {
        product.set(Constant.MATMUL_DESC_BIAS_POINTER, bias);
      }
      MemorySegment factors = arena.allocateFrom(ValueLayout.JAVA_FLOAT, 1, added == 0 ? 0 : 1); // alpha, beta
      Function.MATMUL.call(text, handle.address(), product.address(), factors.address(), weights,
          this.weights.address(), x, this.x.address(), factors.address() + Float.BYTES, added == 0 ? y : added,
          this.y.address(), y, this.y.address(), native64(arena, algorithm.text()).address(), workspace,
          algorithm.workspaceBytes(), stream.address());
    }
  }

  @Override
  public void close() {
    owned.reversed().forEach(Descriptor::close);
    owned.clear();
  }
}
