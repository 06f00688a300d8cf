package dev.langevin.training;

import dev.langevin.training.data.Augmentation;
import dev.langevin.training.data.BucketBatches;
import dev.langevin.training.data.Buckets;
import dev.langevin.training.data.Buckets.Size;
import dev.langevin.training.data.Dataset;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * The size of sample of each picture: one for all, or those of the buckets that have pictures.
 *
 * @param augmentations how a picture becomes a sample of each size
 * @param of the place of its size, by picture
 * @param note what is told of them; null for one size
 */
record SampleSizes(List<Augmentation> augmentations, int[] of, String note) {

  /** @throws TrainingException if the settings make no buckets */
  static SampleSizes of(DataConfig data, Dataset dataset) {
    Augmentation square = data.augmentation();
    int[] of = new int[dataset.size()];
    if (data.buckets() == null) {
      return new SampleSizes(List.of(square), of, null);
    }
    Buckets buckets = data.buckets();
    int[] counts = new int[buckets.sizes().size()];
    int enlarged = 0;
    for (int i = 0; i < of.length; i++) {
      of[i] = buckets.of(dataset.width(i), dataset.height(i));
      counts[of[i]]++;
      Size size = buckets.sizes().get(of[i]);
      enlarged += dataset.width(i) < size.width() || dataset.height(i) < size.height() ? 1 : 0;
    }
    List<Augmentation> augmentations = new ArrayList<>();
    int[] places = new int[counts.length];
    for (int b = 0; b < counts.length; b++) {
      places[b] = augmentations.size();
      if (counts[b] > 0) {
        augmentations.add(square.filling(buckets.sizes().get(b).width(), buckets.sizes().get(b).height()));
      }
    }
    String note = "buckets: " + IntStream.range(0, counts.length).filter(b -> counts[b] > 0)
        .mapToObj(b -> counts[b] + (counts[b] == 1 ? " picture of " : " pictures of ") + buckets.sizes().get(b))
        .collect(Collectors.joining(", "))
        + (enlarged == 0 ? "" : "; " + enlarged + (enlarged == 1 ? " is" : " are") + " enlarged");
    return new SampleSizes(augmentations, IntStream.of(of).map(b -> places[b]).toArray(), note);
  }

  /** Batches of one size each. */
  BucketBatches batches(int batchSize, long seed) {
    return new BucketBatches(of, augmentations.size(), batchSize, seed);
  }
}
