package dev.langevin.bindings.cublaslt;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.JextractComparison;
import dev.langevin.bindings.abi.NativeFunction;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;

class CublasLtJextractTest {

  private static final List<NativeFunction> BOUND =
      Arrays.stream(Function.values()).map(Function::function).toList();

  /** Otherwise the comparison below would be of other functions than those that are bound. */
  @Test
  void shouldListForJextractWhatIsBound() throws IOException {
    assertThat(JextractComparison.included("cublaslt"))
        .containsExactlyInAnyOrderElementsOf(BOUND.stream().map(NativeFunction::symbol).toList());
  }

  @Test
  @EnabledIfSystemProperty(named = "langevin.jextract.cuda", matches = ".+",
      disabledReason = "needs the profile jextract and -Dlangevin.cuda.headers")
  void shouldDescribeFunctionsAsJextractDoes() throws ReflectiveOperationException {
    assertThat(JextractComparison.nvidiaDifferences(BOUND, "CublasLt")).isEmpty();
  }
}
