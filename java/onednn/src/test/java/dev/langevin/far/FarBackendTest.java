package dev.langevin.far;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Block;
import dev.langevin.backend.Memory;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.junit.jupiter.api.Test;

/** What makes the far backend a test of its callers. */
class FarBackendTest {

  private final Backend backend = Backend.named("far");
  private final Memory memory = backend.memory();

  /** Catches a backend on which a hidden access of the host's passes. */
  @Test
  void shouldKeepTheHostOut() {
    try (Block block = memory.allocate(64)) {
      assertThat(block.host()).isEmpty();
      MemorySegment part = block.address().asSlice(16, 4);
      assertThatThrownBy(() -> part.get(ValueLayout.JAVA_FLOAT, 0)).isInstanceOf(WrongThreadException.class);
      assertThatThrownBy(() -> part.fill((byte) 0)).isInstanceOf(WrongThreadException.class);
      assertThatThrownBy(() -> part.copyFrom(MemorySegment.ofArray(new float[1])))
          .isInstanceOf(WrongThreadException.class);
    }
  }

  /** Catches a caller that takes fresh memory for zeros. */
  @Test
  void shouldHoldNoNumberAtFirstAndCountItsBlocks() {
    long before = memory.used();
    float[] values = new float[25];
    try (Block block = memory.allocate(100)) {
      block.download(MemorySegment.ofArray(values), 0);
      assertThat(values).containsOnly(Float.NaN);
      block.slice(40, 8).upload(MemorySegment.ofArray(new float[] {1, 2}), 0);
      block.slice(48, 4).fill(Float.floatToRawIntBits(3));
      block.download(MemorySegment.ofArray(values), 0);
      assertThat(values[10]).isEqualTo(1);
      assertThat(values[11]).isEqualTo(2);
      assertThat(values[12]).isEqualTo(3);
      assertThat(values[13]).isNaN();
      assertThat(memory.used()).isEqualTo(before + 100);
    }
    assertThat(memory.used()).isEqualTo(before);
  }

  /** Catches plans that compute on the host's memory, or leave blocks behind. */
  @Test
  void shouldComputeThroughPortsAndFreeAll() {
    long before = memory.used();
    GraphBuilder b = new GraphBuilder();
    b.output("out", b.affine("twice", b.input("in", DType.F32, 2, 3), 2, 1));
    try (Plan plan = new Planner(backend).plan(b.build(), name -> null)) {
      plan.in("in").write(new float[] {1, 2, 3, 4, 5, 6});
      plan.run();
      assertThat(plan.out("out").toFloats()).containsExactly(3, 5, 7, 9, 11, 13);
    }
    assertThat(memory.used()).isEqualTo(before);
  }
}
