package dev.langevin.training.evaluation;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.util.List;
import org.junit.jupiter.api.Test;

class FeaturesTest {

  @Test
  void shouldJoinBatchesInTheirOrder() {
    Features features = Features.of(List.of(
        Tensor.ofFloats(new float[] {1, 2, 3, 4}, 2, 2), Tensor.ofFloats(new float[] {5, 6}, 1, 2)));
    assertThat(features.rows()).isEqualTo(3);
    assertThat(features.width()).isEqualTo(2);
    assertThat(features.values()).containsExactly(1, 2, 3, 4, 5, 6);
  }

  @Test
  void shouldTakePixelsColourAfterColour() {
    BufferedImage image = new BufferedImage(2, 1, BufferedImage.TYPE_INT_RGB);
    image.setRGB(0, 0, 0xff0000);
    image.setRGB(1, 0, 0x00ff00);
    assertThat(Features.ofPixels(List.of(image)).values()).containsExactly(1, 0, 0, 1, 0, 0);
  }

  @Test
  void shouldNameTheRowAndColumnOfWhatCannotBeSquared() {
    assertThatIllegalArgumentException().isThrownBy(() -> Features.of(new float[][] {{1, 2}, {3, Float.NaN}}))
        .withMessage(
            "features: row 1 holds NaN in column 1; was the picture or the network that it comes from broken?");
    assertThatIllegalArgumentException().isThrownBy(() -> Features.of(new float[][] {{Float.POSITIVE_INFINITY}}))
        .withMessageStartingWith("features: row 0 holds Infinity in column 0");
    // Finite, but its square is not: every distance would be infinite and the first row everyone's neighbour.
    assertThatIllegalArgumentException().isThrownBy(() -> Features.of(new float[][] {{-1e20f}}))
        .withMessageStartingWith("features: row 0 holds -1.0E20 in column 0");
  }

  @Test
  void shouldRefuseWhatIsNoSet() {
    assertThatIllegalArgumentException().isThrownBy(() -> Features.of(new float[0][]))
        .withMessage("features: 0 rows of 0 values; at least one row of one value is needed");
    assertThatIllegalArgumentException().isThrownBy(() -> Features.of(List.<Tensor>of()))
        .withMessage("features: 0 rows of 0 values; at least one row of one value is needed");
    assertThatIllegalArgumentException().isThrownBy(() -> Features.of(new float[][] {{1, 2}, {3}}))
        .withMessage("features: row 1 has 1 values, row 0 has 2");
    assertThatIllegalArgumentException().isThrownBy(() -> new Features(2, 3, new float[5]))
        .withMessage("features: 2 rows of 3 values are 6, the array holds 5");
    assertThatIllegalArgumentException().isThrownBy(() -> new Features(1 << 20, 1 << 12, new float[1]))
        .withMessage(
            "features: 1048576 rows of 4096 values are more than one array holds; take fewer rows or smaller pictures");
    assertThatIllegalArgumentException().isThrownBy(() -> Features.of(List.of(Tensor.ofFloats(new float[] {1, 2}, 2))))
        .withMessage(
            "features: a batch has shape " + Tensor.ofFloats(new float[2], 2).shape() + ", wanted is (N, width)");
  }
}
