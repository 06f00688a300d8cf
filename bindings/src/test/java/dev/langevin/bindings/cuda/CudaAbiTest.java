package dev.langevin.bindings.cuda;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.abi.HeaderComparison;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CudaAbiTest {

  /** A wrong letter or number here would corrupt memory there. */
  @Test
  void shouldBindWhatTheHeadersDeclare() {
    List<String> declarations = new ArrayList<>();
    for (Function function : Function.values()) {
      declarations.add(function.function().declaration());
    }
    for (Constant constant : Constant.values()) {
      declarations.add("constant " + constant.symbol + " " + constant.value);
    }

    assertThat(HeaderComparison.nvidiaDifferences(declarations, "cu[A-Z].*|CU_.*|CUDA_ERROR_.*")).isEmpty();
  }
}
