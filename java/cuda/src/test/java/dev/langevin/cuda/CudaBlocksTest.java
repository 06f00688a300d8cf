package dev.langevin.cuda;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.offset;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Block;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.BiConsumer;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** A device's memory, and what a sampler does to whole blocks of it, against the plain-Java backend. */
class CudaBlocksTest {

  private static final int ELEMENTS = 2 * 3 * 130;

  @BeforeAll
  static void requireDriver() {
    EmulatedDriver.require();
  }

  /** What three blocks of numbers hold after some work on a backend. */
  private static List<float[]> after(String name, BiConsumer<Backend, Block[]> work) {
    try (Backend backend = Backend.open(name, BackendOptions.usual())) {
      return backend.call(() -> {
        Random random = new Random(7);
        Block[] blocks = new Block[3];
        List<float[]> read = new ArrayList<>();
        for (int b = 0; b < blocks.length; b++) {
          float[] values = new float[ELEMENTS];
          for (int i = 0; i < ELEMENTS; i++) {
            values[i] = (float) random.nextGaussian();
          }
          blocks[b] = backend.memory().allocate(4L * ELEMENTS);
          blocks[b].upload(MemorySegment.ofArray(values), 0);
        }
        work.accept(backend, blocks);
        for (Block block : blocks) {
          float[] values = new float[ELEMENTS];
          block.download(MemorySegment.ofArray(values), 0);
          read.add(values);
          block.close();
        }
        return read;
      });
    }
  }

  private static void assertSame(BiConsumer<Backend, Block[]> work) {
    List<float[]> expected = after("reference", work);
    List<float[]> computed = after("cuda", work);
    for (int b = 0; b < expected.size(); b++) {
      assertThat(computed.get(b)).as("block " + b).containsExactly(expected.get(b), offset(1e-6f));
    }
  }

  @Test
  void shouldAddToTheEnd() {
    assertSame((backend, blocks) -> backend.blocks().add(blocks[0].slice(0, 4 * 100), blocks[1]));
  }

  @Test
  void shouldWeighTwoBlocks() {
    assertSame((backend, blocks) -> {
      backend.blocks().axpby(0.5, blocks[0], -2, blocks[1], blocks[0]);
      blocks[2].fill(Float.floatToRawIntBits(Float.NaN));
      backend.blocks().axpby(0, blocks[2], 3, blocks[1], blocks[2]);
    });
  }

  @Test
  void shouldRescaleGuidedAnswers() {
    assertSame((backend, blocks) -> backend.blocks().rescale(blocks[0], 3, 7.5, 0.7));
  }

  @Test
  void shouldKeepWhatIsNotPainted() {
    assertSame((backend, blocks) -> backend.blocks().keep(0.8, blocks[0], 0.6, blocks[1], blocks[2].slice(0, 4 * 130),
        blocks[0].slice(0, blocks[0].bytes())));
  }

  /**
   * Catches a part that is copied to another place, and a copy of more than goes through the pinned memory at a time.
   */
  @Test
  void shouldMoveBytesToAndFromAnyPlace() {
    try (Backend backend = Backend.open("cuda", BackendOptions.usual());
        Block block = backend.memory().allocate((9L << 20) + 4)) {
      float[] all = new float[(int) block.bytes() / 4];
      for (int i = 0; i < all.length; i++) {
        all[i] = i;
      }
      block.upload(MemorySegment.ofArray(all), 0);
      block.slice(8, 16).fill(Float.floatToRawIntBits(-1f));
      block.slice(40, 12).copyFrom(block.slice(8, 12));
      block.upload(MemorySegment.ofArray(new float[] {-2}), 4);
      float[] read = new float[all.length];
      block.download(MemorySegment.ofArray(read), 0);
      all[1] = -2;
      for (int i : new int[] {2, 3, 4, 5, 10, 11, 12}) {
        all[i] = -1;
      }
      assertThat(Arrays.mismatch(read, all)).isEqualTo(-1);
      float[] last = new float[1];
      block.download(MemorySegment.ofArray(last), block.bytes() - 4);
      assertThat(last[0]).isEqualTo(all[all.length - 1]);
    }
  }

  /** Catches bytes that are dropped in silence. */
  @Test
  void shouldRefuseBlocksThatDoNotFit() {
    try (Backend backend = Backend.open("cuda", BackendOptions.usual());
        Block block = backend.memory().allocate(10)) {
      assertThatThrownBy(() -> block.fill(0)).hasMessage("a block of 10 bytes cannot be filled with numbers of 4");
      assertThatThrownBy(() -> block.copyFrom(block.slice(0, 4)))
          .hasMessage("a block of 4 bytes does not fit one of 10");
      assertThat(backend.memory().used()).isEqualTo(10);
    }
  }
}
