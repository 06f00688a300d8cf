package dev.langevin.backend;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.Arena;
import org.junit.jupiter.api.Test;

class HostMemoryTest {

  /** Linux grants what it has not, and ends the process later. */
  @Test
  void shouldRefuseABlockThatTheMachineHasNoMemoryFor() {
    HostMemory memory = new HostMemory((bytes, arena) -> {
      throw new AssertionError("the system was asked for " + bytes);
    });
    long tooMuch = memory.capacity() + 1;

    assertThatThrownBy(() -> memory.allocate(tooMuch)).isInstanceOf(OutOfMemoryError.class)
        .hasMessage("a block of " + tooMuch + " bytes was asked for where 0 are taken, and the machine has "
            + memory.capacity());
    assertThat(memory.used()).isZero();
  }

  /** No block alone is too large. */
  @Test
  @SuppressWarnings("restricted")
  void shouldCountWhatIsTakenAlready() {
    HostMemory memory = new HostMemory((bytes, arena) -> Arena.global().allocate(1).reinterpret(bytes));
    long half = memory.capacity() / 2 + 1; // above a gigabyte, which every machine has

    try (Block first = memory.allocate(half)) {
      assertThatThrownBy(() -> memory.allocate(half)).isInstanceOf(OutOfMemoryError.class)
          .hasMessageContaining("where " + half + " are taken");
      assertThat(memory.used()).isEqualTo(half);
      assertThat(first.bytes()).isEqualTo(half);
    }
    assertThat(memory.used()).isZero();
  }
}
