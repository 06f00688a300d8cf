package dev.langevin.bindings.cublaslt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cuda.CudaBlock;
import dev.langevin.bindings.cuda.CudaContext;
import dev.langevin.bindings.cuda.CudaDevice;
import dev.langevin.bindings.cuda.CudaGraph;
import dev.langevin.bindings.cuda.CudaHostBlock;
import dev.langevin.bindings.cuda.CudaStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.function.DoubleUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Calls of cuBLASLt, whose part the one on the processor takes (native/cuda/driver/cublaslt.cpp): it checks them. */
class MatrixProductTest {

  private static final int ROWS = 3;
  private static final int INPUTS = 20;
  private static final int OUTPUTS = 68; // more than one tile
  private static final long PLENTY = 1 << 20;

  private final Map<LiveHandles.Kind, Long> before = LiveHandles.counts();
  private final List<CudaBlock> blocks = new ArrayList<>();
  private CudaContext context;
  private CudaStream stream;
  private CublasLtHandle handle;

  @BeforeAll
  static void requireLibrary() {
    EmulatedCublasLt.require();
  }

  @BeforeEach
  void open() {
    context = CudaContext.open(CudaDevice.of(0));
    stream = CudaStream.create();
    handle = CublasLtHandle.create();
  }

  /** Catches a description, handle or block that nobody ends, on either side. */
  @AfterEach
  void close() {
    blocks.forEach(CudaBlock::close);
    handle.close();
    stream.close();
    context.close();
    assertThat(LiveHandles.counts()).isEqualTo(before);
    assertThat(EmulatedCublasLt.live()).isZero();
  }

  private static MatrixProduct product(Epilogue epilogue) {
    return new MatrixProduct(ROWS, INPUTS, OUTPUTS, MatrixType.F32, false, MatrixType.F32, epilogue);
  }

  private float[] drawn(int count, long seed) {
    Random random = new Random(seed);
    float[] numbers = new float[count];
    for (int i = 0; i < count; i++) {
      numbers[i] = (float) random.nextGaussian();
    }
    return numbers;
  }

  private CudaBlock block(long bytes) {
    blocks.add(CudaBlock.allocate(bytes));
    return blocks.getLast();
  }

  private CudaBlock uploaded(float[] numbers) {
    CudaBlock block = block(4L * numbers.length);
    try (CudaHostBlock host = CudaHostBlock.allocate(4L * numbers.length)) {
      host.segment().copyFrom(MemorySegment.ofArray(numbers));
      stream.upload(host.segment(), block.segment());
      stream.synchronize();
    }
    return block;
  }

  private float[] downloaded(CudaBlock block, int count) {
    try (CudaHostBlock host = CudaHostBlock.allocate(4L * count)) {
      stream.download(block.segment(), host.segment());
      stream.synchronize();
      return host.segment().toArray(ValueLayout.JAVA_FLOAT);
    }
  }

  private static double function(Epilogue epilogue, double sum) {
    DoubleUnaryOperator of = switch (epilogue) {
      case NONE, BIAS -> x -> x;
      case RELU, BIAS_RELU -> x -> Math.max(x, 0);
      case GELU_TANH, BIAS_GELU_TANH ->
          x -> x / 2 * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x * x * x)));
    };
    return of.applyAsDouble(sum);
  }

  /** Catches a transposed matrix, a wrong place among the arguments, and a factor of the sum left out. */
  @ParameterizedTest
  @EnumSource(Epilogue.class)
  void shouldComputeALinearLayerByEveryAlgorithm(Epilogue epilogue) {
    float[] x = drawn(ROWS * INPUTS, 1);
    float[] w = drawn(OUTPUTS * INPUTS, 2);
    float[] added = drawn(ROWS * OUTPUTS, 3);
    float[] bias = drawn(OUTPUTS, 4);
    float[] expected = new float[ROWS * OUTPUTS];
    for (int r = 0; r < ROWS; r++) {
      for (int o = 0; o < OUTPUTS; o++) {
        double sum = added[r * OUTPUTS + o] + (epilogue.bias() ? bias[o] : 0);
        for (int i = 0; i < INPUTS; i++) {
          sum += (double) x[r * INPUTS + i] * w[o * INPUTS + i];
        }
        expected[r * OUTPUTS + o] = (float) function(epilogue, sum);
      }
    }
    long biasAddress = epilogue.bias() ? uploaded(bias).address() : 0;
    CudaBlock xs = uploaded(x);
    CudaBlock ws = uploaded(w);
    CudaBlock as = uploaded(added);
    try (MatrixProduct product = product(epilogue)) {
      List<Algorithm> algorithms = product.algorithms(handle, 8, PLENTY);
      assertThat(algorithms).hasSize(2); // not the one that rounds partial sums
      for (Algorithm algorithm : algorithms) {
        CudaBlock y = block(4L * ROWS * OUTPUTS);
        long workspace = algorithm.workspaceBytes() == 0 ? 0 : block(algorithm.workspaceBytes()).address();
        product.run(handle, algorithm, xs.address(), ws.address(), as.address(), biasAddress, y.address(), workspace,
            stream);
        assertThat(downloaded(y, expected.length)).containsExactly(expected, offset(1e-4f));
      }
    }
  }

  @Test
  void shouldTakeNoAlgorithmThatNeedsMoreThanThereIs() {
    try (MatrixProduct product = product(Epilogue.NONE)) {
      assertThat(product.algorithms(handle, 8, 0)).hasSize(1)
          .allMatch(algorithm -> algorithm.workspaceBytes() == 0);
      assertThat(product.algorithms(handle, 1, PLENTY)).hasSize(1);
    }
  }

  @Test
  void shouldHaveNoneWhereTheLibraryHasNoSuchProduct() {
    try (MatrixProduct product =
        new MatrixProduct(ROWS, INPUTS, OUTPUTS, MatrixType.BF16, false, MatrixType.F16, Epilogue.NONE)) {
      assertThat(product.algorithms(handle, 8, PLENTY)).isEmpty();
    }
  }

  /** Another process reads what one has kept; of another product, or no algorithm at all, is refused. */
  @Test
  void shouldReadAnAlgorithmAgain() {
    try (MatrixProduct product = product(Epilogue.BIAS); MatrixProduct other = product(Epilogue.RELU)) {
      Algorithm kept = product.algorithms(handle, 8, PLENTY).getLast();
      assertThat(kept.workspaceBytes()).isPositive();
      assertThat(product.algorithm(handle, kept.text())).isEqualTo(kept);
      assertThatThrownBy(() -> other.algorithm(handle, kept.text())).isInstanceOf(NativeException.class)
          .hasMessage("cublasLtMatmulAlgoCheck(3 by 20 by 68, F32 to F32, RELU): "
              + "the functionality requested is not supported (15)");
      assertThatThrownBy(() -> product.algorithm(handle, "0f")).isInstanceOf(NativeException.class)
          .hasMessage("\"0f\" is no algorithm of cuBLASLt: 64 bytes in hexadecimal are");
    }
  }

  /** Factors and algorithm are read before a call returns: a graph that is replayed later does not look for them. */
  @Test
  void shouldBeCaptured() {
    float[] x = drawn(ROWS * INPUTS, 1);
    CudaBlock xs = uploaded(x);
    CudaBlock ws = uploaded(drawn(OUTPUTS * INPUTS, 2));
    CudaBlock y = block(4L * ROWS * OUTPUTS);
    try (MatrixProduct product = product(Epilogue.NONE)) {
      Algorithm algorithm = product.algorithms(handle, 1, 0).getFirst();
      try (CudaGraph graph = stream.capture(
          () -> product.run(handle, algorithm, xs.address(), ws.address(), 0, 0, y.address(), 0, stream))) {
        graph.launch(stream);
        float[] first = downloaded(y, ROWS * OUTPUTS);
        stream.fill(xs.segment(), 0);
        graph.launch(stream);
        assertThat(first).doesNotContain(0f);
        assertThat(downloaded(y, ROWS * OUTPUTS)).containsOnly(0f);
      }
    }
  }

  @Test
  void shouldRefuseABiasThatDoesNotBelongThere() {
    try (MatrixProduct with = product(Epilogue.BIAS); MatrixProduct without = product(Epilogue.NONE)) {
      Algorithm any = without.algorithms(handle, 1, 0).getFirst();
      assertThatThrownBy(() -> with.run(handle, any, 16, 16, 0, 0, 16, 0, stream))
          .hasMessage("a product with BIAS needs a bias");
      assertThatThrownBy(() -> without.run(handle, any, 16, 16, 0, 16, 16, 0, stream))
          .hasMessage("a product with NONE has no bias");
    }
  }
}
