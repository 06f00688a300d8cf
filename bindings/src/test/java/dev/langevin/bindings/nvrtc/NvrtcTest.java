package dev.langevin.bindings.nvrtc;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.abort;

import dev.langevin.bindings.NativeException;
import dev.langevin.bindings.cuda.CudaLibrary;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** Where NVRTC is; it needs no device. */
class NvrtcTest {

  @BeforeAll
  static void requireNvrtc() {
    try {
      CudaLibrary.NVRTC.symbols();
    } catch (NativeException e) {
      abort(e.getMessage());
    }
  }

  @Test
  void shouldCompileWithHeaders() {
    byte[] cubin = Nvrtc.compile("scale.cu",
        "#include \"factor.h\"\nextern \"C\" __global__ void scale(float* x) { x[threadIdx.x] *= FACTOR; }",
        Map.of("factor.h", "#define FACTOR 2.0f"), List.of("-arch=sm_90"));

    assertThat(cubin).startsWith(0x7f, 'E', 'L', 'F');
  }

  @Test
  void shouldTellTheCompilersWords() {
    assertThatThrownBy(() -> Nvrtc.compile("wrong.cu", "void f( {", Map.of(), List.of("-arch=sm_90")))
        .isInstanceOf(NativeException.class).hasMessageContainingAll("wrong.cu", "-arch=sm_90", "error");
  }
}
