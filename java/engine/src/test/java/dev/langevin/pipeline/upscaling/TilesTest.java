package dev.langevin.pipeline.upscaling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import org.assertj.core.data.Offset;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TilesTest {

  /** Catches seams: a pixel that no tile gives, or that two give in full, or that is given from outside of a window. */
  @ParameterizedTest
  @CsvSource({"1, 8, 2", "8, 8, 2", "12, 8, 2", "13, 8, 2", "100, 8, 2", "101, 7, 3", "64, 16, 0", "33, 1, 5",
      "1000, 256, 32"})
  void shouldShareEveryPixelAmongTheTilesThatSeeIt(int extent, int side, int pad) {
    for (Tiles.Seams seams : Tiles.Seams.values()) {
      for (int scale = 1; scale <= 3; scale++) {
        List<Tiles.Span> spans = new Tiles(side, pad, seams).spans(extent);
        for (int at = 0; at < extent * scale; at++) {
          double sum = 0;
          for (Tiles.Span span : spans) {
            boolean within = at >= span.fadesIn() * scale && at < span.end() * scale;
            float share = within ? span.share(at, scale) : 0;
            assertThat(share == 0 || at >= span.from() * scale && at < span.to() * scale).isTrue();
            sum += share;
          }
          assertThat(sum).as("pixel " + at + " of " + extent * scale).isCloseTo(1, Offset.offset(1e-6));
        }
      }
    }
  }

  /** Catches a plan for each tile: windows of one size need one. */
  @Test
  void shouldHaveWindowsOfOneSizeWhereTheyFade() {
    List<Tiles.Span> spans = new Tiles(10, 3, Tiles.Seams.FADED).spans(47);
    assertThat(spans).hasSize(5).allSatisfy(span -> assertThat(span.to() - span.from()).isEqualTo(16));
    assertThat(spans.getFirst().from()).isZero();
    assertThat(spans.getLast().to()).isEqualTo(47);
  }

  @Test
  void shouldRefuseTilesOfNoSize() {
    assertThatThrownBy(() -> new Tiles(0, 1, Tiles.Seams.CUT)).hasMessageContaining("tiles of 0 pixels");
  }
}
