package dev.langevin.bindings.kernels;

import static org.assertj.core.api.Assertions.assertThat;

import dev.langevin.bindings.abi.HeaderComparison;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class KernelsAbiTest {

  /** A wrong number or offset here would have a kernel read and write other memory. */
  @Test
  void shouldBindWhatTheHeaderDeclares() {
    List<String> declarations = new ArrayList<>();
    for (Constant constant : Constant.values()) {
      declarations.add("constant " + constant.symbol + " " + constant.value);
    }
    for (Layout layout : Layout.values()) {
      declarations.addAll(layout.struct.declaration());
    }

    assertThat(HeaderComparison.differences(declarations, "lgc_")).isEmpty();
  }
}
