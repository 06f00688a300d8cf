package dev.langevin.bindings.cublaslt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.abi.HeaderComparison;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class CublasLtAbiTest {

  /** A wrong letter or number here would corrupt memory there. */
  @Test
  void shouldBindWhatTheHeadersDeclare() {
    List<String> declarations = new ArrayList<>();
    for (Function function : Function.values()) {
      declarations.add(function.function().declaration());
    }

    assertThat(HeaderComparison.nvidiaDifferences(declarations, "cublas.*")).isEmpty();
  }
}
