package dev.langevin.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class BatchesTest {

  private static final Augmentation PLAIN = Augmentation.of(1, 2);

  /**
   * Catches an order that repeats or skips, for every size, epoch and batch size, also where batches straddle epochs.
   */
  @Property(tries = 200)
  void shouldTakeEachExampleOnceAnEpoch(@ForAll @IntRange(min = 1, max = 300) int size, @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 40) int batchSize, @ForAll @LongRange(min = 0, max = 1000) long epoch) {
    Batches batches = new Batches(TestPictures.numbered(size), PLAIN, batchSize, seed);
    long first = epoch * size;
    List<Integer> taken = new ArrayList<>();
    for (long step = first / batchSize; taken.size() < size + batchSize * 2; step++) {
      for (int index : batches.indices(step)) {
        taken.add(index);
      }
    }
    int skipped = (int) (first % batchSize);
    assertThat(taken.subList(skipped, skipped + size))
        .containsExactlyInAnyOrderElementsOf(IntStream.range(0, size).boxed().toList());
  }

  /** Catches an order that is the same in every epoch, or for every seed, or that prefers some. */
  @Test
  void shouldFindEveryOrderAboutAsOften() {
    int[] counts = new int[24];
    for (int epoch = 0; epoch < 24_000; epoch++) {
      Permutation order = new Permutation(7, epoch, 4);
      counts[order.at(0) * 6 + (order.at(1) - (order.at(1) > order.at(0) ? 1 : 0)) * 2
          + (order.at(2) > order.at(3) ? 1 : 0)]++;
    }
    assertThat(IntStream.of(counts).boxed()).allMatch(count -> count >= 850 && count <= 1150); // deviation 31
    assertThat(order(1, 0)).isNotEqualTo(order(1, 1)).isNotEqualTo(order(2, 0));
  }

  private static List<Integer> order(long seed, long epoch) {
    Permutation order = new Permutation(seed, epoch, 50);
    return IntStream.range(0, 50).mapToObj(order::at).toList();
  }

  /** Catches a change of the generators, which would change the course of every run that is resumed after an update. */
  @Test
  void shouldStayAsItIs() {
    Batches batches = new Batches(TestPictures.numbered(10), PLAIN, 12, 1);
    assertThat(batches.indices(0)).containsExactly(5, 6, 7, 2, 9, 8, 1, 0, 3, 4, 5, 9);
    assertThat(batches.batch(0).captions()).startsWith("first of 5");
    assertThat(new CounterRandom(1, CounterRandom.Purpose.AUGMENTATION, 2).next()).isEqualTo(8134773162001061833L);
  }

  @Test
  void shouldDrawEachCaptionAboutAsOften() {
    Batches batches = new Batches(TestPictures.numbered(1), PLAIN, 3000, 5);
    List<String> captions = List.of(batches.batch(0).captions());
    for (String caption : List.of("first of 0", "second of 0", "third of 0")) {
      assertThat(captions.stream().filter(caption::equals).count()).isBetween(900L, 1100L); // deviation 26
    }
  }

  /** Catches pixels, labels, captions and names of different examples. */
  @Test
  void shouldKeepAnExampleTogether() {
    Batches batches = new Batches(TestPictures.numbered(7), PLAIN, 5, 3);
    Set<String> seen = new HashSet<>();
    for (long step = 0; step < 3; step++) {
      Batch batch = batches.batch(step);
      assertThat(batch.step()).isEqualTo(step);
      assertThat(batch.pixels().shape().dims()).containsExactly(5, 1, 2, 2);
      for (int i = 0; i < 5; i++) {
        long label = batch.labels()[i];
        assertThat(batch.pixels().row(i).toFloats()).containsOnly(label / 127.5f - 1);
        assertThat(batch.names()[i]).isEqualTo("n" + label);
        assertThat(batch.captions()[i]).endsWith("of " + label);
        seen.add(batch.names()[i]);
      }
    }
    assertThat(seen).hasSize(7);
    assertThat(batches.epoch(1)).isZero();
    assertThat(batches.epoch(2)).isEqualTo(1);
  }

  @Test
  void shouldRefusePicturesThatAreTooSmall() {
    assertThatThrownBy(() -> new Batches(TestPictures.numbered(9), Augmentation.of(1, 4), 2, 0))
        .isInstanceOf(DatasetException.class)
        .hasMessage(
            "9 of 9 pictures are too small for a sample: n0, n1, n2, n3, n4 and 4 more. The first one's 2x2 pixels are"
                + " fewer than"
                + " the sample's 4x4; resize to a longer shorter side, or allow padding");
  }

  @Test
  void shouldRefuseEmptyBatchesAndSets() {
    assertThatThrownBy(() -> new Batches(TestPictures.numbered(3), PLAIN, 0, 0))
        .hasMessage("batches of 0 examples: must be at least 1");
    assertThatThrownBy(() -> new Batches(TestPictures.dataset(List.of()), PLAIN, 1, 0))
        .hasMessage("batches: the set has no examples");
    assertThatThrownBy(() -> new Batches(TestPictures.numbered(3), PLAIN, 1, 0).indices(-1))
        .hasMessage("step is -1, must be at least 0");
  }
}
