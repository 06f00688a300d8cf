package dev.langevin.bindings.cublaslt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeFalse;

import dev.langevin.bindings.LiveHandles;
import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cuda.CudaLibrary;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What NVIDIA's own cuBLASLt says of calls that need no device, where the library is. */
class CublasLtDescriptionsTest {

  private final Map<LiveHandles.Kind, Long> before = LiveHandles.counts();

  @BeforeAll
  static void requireLibrary() {
    try {
      assumeFalse(CudaLibrary.CUBLASLT.symbols().find("lgcCublasLtLive").isPresent(),
          "cuBLASLt on the processor is loaded, not NVIDIA's");
    } catch (NativeException e) {
      abort(e.getMessage());
    }
  }

  /** It knows every attribute by its number and its size, or refuses it. */
  @ParameterizedTest
  @EnumSource(Epilogue.class)
  void shouldDescribeAProduct(Epilogue epilogue) {
    for (MatrixType type : MatrixType.values()) {
      MatrixProduct product = new MatrixProduct(2, 320, 1280, type, false, type, epilogue);
      assertThat(LiveHandles.count(LiveHandles.Kind.CUBLASLT_DESCRIPTOR))
          .isEqualTo(before.get(LiveHandles.Kind.CUBLASLT_DESCRIPTOR) + 4);
      product.close();
    }
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }

  @Test
  void shouldDescribeAPreference() {
    try (Descriptor preference = MatrixProduct.preference(1 << 20)) {
      assertThatThrownBy(() -> preference.set(Constant.PREF_MAX_WORKSPACE_BYTES, 1)).hasMessage(
          "cublasLtMatmulPreferenceSetAttribute(CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES, 1): "
              + "an unsupported value or parameter was passed to the function (7)");
    }
    assertThat(LiveHandles.counts()).isEqualTo(before);
  }
}
