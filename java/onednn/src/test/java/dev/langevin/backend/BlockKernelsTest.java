package dev.langevin.backend;

import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What a sampler asks of whole blocks, against sums made by hand. */
class BlockKernelsTest {

  private final List<Block> blocks = new ArrayList<>();

  private Block block(Backend backend, float... values) {
    Block block = backend.memory().allocate(4L * values.length);
    blocks.add(block);
    block.upload(MemorySegment.ofArray(values), 0);
    return block;
  }

  private static float[] read(Block block) {
    float[] values = new float[(int) block.bytes() / 4];
    block.download(MemorySegment.ofArray(values), 0);
    return values;
  }

  @AfterEach
  void free() {
    blocks.forEach(Block::close);
  }

  /**
   * Catches a sum that begins at the target's start: control networks without a negative half add to the conditional
   * one.
   */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldAddToTheEnd(String name) {
    Backend backend = Backend.named(name);
    Block target = block(backend, 1, 2, 3, 4);
    backend.blocks().add(block(backend, 10, 20), target);
    assertThat(read(target)).containsExactly(1, 2, 13, 24);
  }

  /** Catches a term of factor 0 that is computed: fresh memory holds anything. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldLeaveOutATermOfNothing(String name) {
    Backend backend = Backend.named(name);
    Block x = block(backend, Float.NaN, 2);
    backend.blocks().axpby(0, x, 3, block(backend, 1, 2), x);
    assertThat(read(x)).containsExactly(3, 6);
    backend.blocks().axpby(0.5, x, -1, block(backend, 1, 1), x);
    assertThat(read(x)).containsExactly(0.5f, 2);
  }

  /** Catches halves taken for each other, and a deviation over the wrong number. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldBringTheGuidedDeviationToTheConditionalOne(String name) {
    Backend backend = Backend.named(name);
    // u = 0, 0 and c = 1, -1, guided by 3: deviation is 3 times as large; half of the way back is a factor 1/6 + 1/2
    Block answers = block(backend, 0, 0, 1, -1);
    backend.blocks().rescale(answers, 1, 3, 0.5);
    float factor = (float) (0.5 / 3 + 0.5);
    assertThat(read(answers)).containsExactly(0, 0, factor, -factor);
  }

  /** Catches a mask that is not repeated over the channels, or is taken the other way round. */
  @ParameterizedTest
  @ValueSource(strings = {"onednn", "reference", "far"})
  void shouldKeepWhatIsNotPaintedAnew(String name) {
    Backend backend = Backend.named(name);
    Block x = block(backend, 1, 2, 3, 4);
    backend.blocks().keep(2, block(backend, 10, 20, 30, 40), 0.5, block(backend, 2, 4, 6, 8), block(backend, 0, 1), x);
    assertThat(read(x)).containsExactly(21, 2, 63, 4);
  }
}
