package dev.langevin.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.langevin.training.data.Buckets.Size;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** Sizes are those of kohya's scripts; batches are of one bucket, and each a function of its place. */
class BucketsTest {

  /** What {@code make_bucket_resolutions((512, 512), 256, 1024, 64)} gives. */
  @Test
  void shouldHaveTheSizesOfKohyasScripts() {
    List<Integer> heights = new ArrayList<>();
    List<Integer> widths = new ArrayList<>();
    Buckets.of(512, 64, 256, 1024).sizes().forEach(size -> {
      widths.add(size.width());
      heights.add(size.height());
    });
    assertThat(widths).containsExactly(256, 256, 256, 256, 320, 320, 384, 448, 512, 576, 640, 704, 768, 832, 896, 960,
        1024);
    assertThat(heights).containsExactly(832, 896, 960, 1024, 704, 768, 640, 576, 512, 448, 384, 320, 320, 256, 256,
        256, 256);
  }

  @Test
  void shouldChooseTheNearestRatio() {
    Buckets buckets = Buckets.of(512, 64, 256, 1024);
    Map<Size, Size> nearest = Map.of(new Size(4000, 4000), new Size(512, 512), new Size(1200, 800), new Size(640, 384),
        new Size(800, 1200), new Size(384, 640), new Size(900, 900), new Size(512, 512), new Size(5000, 100),
        new Size(1024, 256), new Size(256, 896), new Size(256, 896), new Size(768, 320), new Size(768, 320));
    nearest.forEach((picture, size) -> assertThat(
        buckets.sizes().get(buckets.of(picture.width(), picture.height()))).as("%s", picture).isEqualTo(size));
  }

  @Test
  void shouldKeepToTheAreaWhereSizeIsNoMultiple() {
    for (Size size : Buckets.of(100, 24, 30, 220).sizes()) {
      assertThat(size.width() % 24 + size.height() % 24).isZero();
      assertThat(size.width() * size.height()).isBetween(1, 100 * 100);
      assertThat(Math.min(size.width(), size.height())).isGreaterThanOrEqualTo(30);
    }
    assertThatThrownBy(() -> Buckets.of(32, 64, 16, 64)).hasMessageContaining("not a step of 64");
  }

  /** Catches a bucket that is shown too often, a batch of two buckets, and orders that depend on where one begins. */
  @Test
  void shouldShowEveryPictureAsOftenInBatchesOfOneBucket() {
    int[] bucketOf = {0, 2, 2, 0, 2, 4, 2, 2, 0, 2, 2};
    BucketBatches batches = new BucketBatches(bucketOf, 5, 3, 17);
    Map<Integer, Integer> shown = new HashMap<>();
    List<int[]> all = new ArrayList<>();
    for (long step = 0; step < 2 * bucketOf.length; step++) {
      int[] indices = batches.indices(step);
      all.add(indices);
      for (int index : indices) {
        assertThat(bucketOf[index]).isEqualTo(batches.bucket(step));
        shown.merge(index, 1, Integer::sum);
      }
    }
    assertThat(shown).hasSize(bucketOf.length).allSatisfy((index, times) -> assertThat(times).isEqualTo(2 * 3));
    for (int step = all.size() - 1; step >= 0; step--) { // each asked of an object that knows nothing of the others
      assertThat(new BucketBatches(bucketOf, 5, 3, 17).indices(step)).isEqualTo(all.get(step));
    }
    assertThat(new BucketBatches(bucketOf, 5, 3, 18).indices(0)).satisfiesAnyOf(
        other -> assertThat(other).isNotEqualTo(all.getFirst()),
        other -> assertThat(new BucketBatches(bucketOf, 5, 3, 18).indices(1)).isNotEqualTo(all.get(1)));
    List<Integer> buckets = new ArrayList<>();
    for (int step = 0; step < bucketOf.length; step++) {
      buckets.add(batches.bucket(step));
    }
    assertThat(buckets).isNotEqualTo(buckets.stream().sorted().toList()); // in an order of chance
    assertThat(Arrays.asList(0, 2, 4)).containsAll(buckets);
  }

  /** Catches a crop that leaves part of the sample empty, and one that is not told. */
  @Test
  void shouldEnlargeAndCropToCover() {
    Augmentation fill = Augmentation.of(1, 8).filling(12, 6);
    byte[] samples = new byte[4 * 4];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (byte) (16 * i);
    }
    assertThat(fill.fits(4, 4)).isTrue();
    assertThat(fill.apply(new Picture(4, 4, 1, samples), true, 1).shape().dims()).containsExactly(1, 6, 12);
    Augmentation.Place place = fill.place(4, 4, true, 1);
    assertThat(place.width()).isEqualTo(12);
    assertThat(place.height()).isEqualTo(12);
    assertThat(place.cutAbove()).isEqualTo(3);
    assertThat(place.cutLeft(12)).isZero();
  }

  /** The sample's first pixel tells where it was cut: a crop that is told of the unmirrored picture is another. */
  @Test
  void shouldTellTheCropOfTheMirroredPicture() {
    byte[] samples = new byte[9 * 7];
    for (int i = 0; i < samples.length; i++) {
      samples[i] = (byte) i;
    }
    Picture picture = new Picture(9, 7, 1, samples);
    Augmentation augmentation = Augmentation.of(1, 4).cropping(Augmentation.Crop.RANDOM).flipping(0.5);
    int mirrored = 0;
    for (int seed = 0; seed < 40; seed++) {
      Augmentation.Place place = augmentation.place(9, 7, true, seed);
      mirrored += place.mirrored() ? 1 : 0;
      int x = place.cutLeft(4);
      int first = place.cutAbove() * 9 + (place.mirrored() ? 8 - x : x);
      float pixel = augmentation.apply(picture, true, seed).toFloats()[0];
      assertThat(Math.round((pixel + 1) * 127.5)).isEqualTo(first);
    }
    assertThat(mirrored).isBetween(1, 39);
  }
}
