package dev.langevin.bindings.cublaslt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.abi.HeaderComparison;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CublasLtAbiTest {

  /** A wrong letter, number or offset here would corrupt memory there. */
  @Test
  void shouldBindWhatTheHeadersDeclare() {
    List<String> declarations = new ArrayList<>();
    for (Function function : Function.values()) {
      declarations.add(function.function().declaration());
    }
    for (Constant constant : Constant.values()) {
      declarations.add("constant " + constant.symbol + " " + constant.value);
    }
    Layout.ALL.forEach(struct -> declarations.addAll(struct.declaration()));

    assertThat(HeaderComparison.nvidiaDifferences(declarations, "(cublas|CUBLAS|CUDA_R_).*")).isEmpty();
  }
}
