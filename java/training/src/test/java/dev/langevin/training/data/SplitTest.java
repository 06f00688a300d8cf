package dev.langevin.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.DoubleRange;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SplitTest {

  private static List<String> names(Dataset dataset) {
    List<String> names = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      names.add(dataset.annotation(i).name());
    }
    return names;
  }

  /** Catches an example in both parts, which would make the held-out part measure memory, or in none. */
  @Property(tries = 100)
  void shouldPutEachExampleInOnePart(@ForAll @IntRange(min = 2, max = 200) int size, @ForAll long seed,
      @ForAll @DoubleRange(min = 0.01, max = 0.99) double share) {
    int heldOut = Math.clamp(Math.round(share * size), 1, size - 1);
    Split split = Split.count(TestPictures.numbered(size), heldOut, seed);
    assertThat(split.heldOut().size()).isEqualTo(heldOut);
    assertThat(split.training().size()).isEqualTo(size - heldOut);
    Set<String> all = new HashSet<>(names(split.training()));
    all.addAll(names(split.heldOut()));
    assertThat(all).hasSize(size);
  }

  @Test
  void shouldChooseBySeedAlone() {
    Dataset dataset = TestPictures.numbered(100);
    assertThat(names(Split.count(dataset, 10, 1).heldOut()))
        .isEqualTo(names(Split.fraction(dataset, 0.1, 1).heldOut()));
    assertThat(names(Split.count(dataset, 10, 1).heldOut())).isNotEqualTo(names(Split.count(dataset, 10, 2).heldOut()));
  }

  /** Catches held-out examples that a run was trained on before the set grew. */
  @Test
  void shouldMoveFewWhenPicturesAreAdded() {
    Set<String> before = new HashSet<>(names(Split.count(TestPictures.numbered(200), 50, 1).training()));
    List<String> after = names(Split.count(TestPictures.numbered(210), 52, 1).heldOut());
    assertThat(after).filteredOn(before::contains).hasSizeLessThan(5);
  }

  @Test
  void shouldReadThroughTheWhole() {
    Split split = Split.field(TestPictures.numbered(7), "odd", "1");
    assertThat(names(split.heldOut())).containsExactly("n1", "n3", "n5");
    assertThat(names(split.training())).containsExactly("n0", "n2", "n4", "n6");
    Dataset heldOut = split.heldOut();
    assertThat(heldOut.example(2).label()).isEqualTo(5);
    assertThat(heldOut.picture(2).samples()).containsOnly(5);
    assertThat(heldOut.width(2)).isEqualTo(2);
    assertThat(heldOut.height(2)).isEqualTo(2);
    assertThat(heldOut.classes()).isEqualTo(7);
    assertThat(heldOut.classNames()).isEmpty();
    assertThat(heldOut.hasCaptions()).isTrue();
  }

  @Test
  void shouldRefuseEmptyParts() {
    Dataset dataset = TestPictures.numbered(9);
    assertThatThrownBy(() -> Split.count(dataset, 9, 0)).isInstanceOf(DatasetException.class)
        .hasMessage("holding out 9 of 9 examples leaves a part empty; from 1 to 8 can be");
    assertThatThrownBy(() -> Split.fraction(dataset, 0.01, 0))
        .hasMessage("holding out 0 of 9 examples leaves a part empty; from 1 to 8 can be");
    assertThatThrownBy(() -> Split.fraction(dataset, Double.NaN, 0))
        .hasMessage("holding out a share of NaN: must be between 0 and 1");
    assertThatThrownBy(() -> Split.field(dataset, "odd", "2"))
        .hasMessage("holding out the examples whose \"odd\" is 2 leaves a part empty; the values are 0, 1");
    assertThatThrownBy(() -> Split.field(dataset, "split", "test"))
        .hasMessage("holding out the examples whose \"split\" is test leaves a part empty; the values are (none)");
  }
}
