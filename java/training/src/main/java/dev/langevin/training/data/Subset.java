package dev.langevin.training.data;

import java.security.MessageDigest;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;

/**
 * Some examples of another set, some perhaps more than once; class names and their number are the whole's, so that
 * parts go with one network.
 */
final class Subset implements Dataset {

  private final Dataset whole;
  private final int[] indices;
  private final boolean hasCaptions;

  Subset(Dataset whole, int[] indices) {
    this.whole = whole;
    this.indices = indices;
    boolean any = false;
    for (int index : indices) {
      any |= !whole.annotation(index).captions().isEmpty();
    }
    this.hasCaptions = any;
  }

  /** See {@link Dataset#balanced}. */
  static Subset balanced(Dataset whole) {
    int[] counts = new int[whole.classes()];
    for (int i = 0; i < whole.size(); i++) {
      int label = whole.annotation(i).label();
      if (label == Annotation.UNLABELLED) {
        throw new DatasetException(whole.annotation(i).name()
            + " has no label, so that classes cannot be balanced; give it one, or set balance to false");
      }
      counts[label]++;
    }
    int most = Arrays.stream(counts).max().orElseThrow();
    return new Subset(whole, IntStream.range(0, whole.size())
        .flatMap(i -> IntStream.generate(() -> i)
            .limit(Math.round(Math.sqrt(most / (double) counts[whole.annotation(i).label()]))))
        .toArray());
  }

  @Override
  public int size() {
    return indices.length;
  }

  @Override
  public Annotation annotation(int index) {
    return whole.annotation(indices[index]);
  }

  @Override
  public int width(int index) {
    return whole.width(indices[index]);
  }

  @Override
  public int height(int index) {
    return whole.height(indices[index]);
  }

  @Override
  public Picture picture(int index) {
    return whole.picture(indices[index]);
  }

  @Override
  public void digest(int index, MessageDigest digest) {
    whole.digest(indices[index], digest);
  }

  @Override
  public List<String> classNames() {
    return whole.classNames();
  }

  @Override
  public int classes() {
    return whole.classes();
  }

  @Override
  public boolean hasCaptions() {
    return hasCaptions;
  }
}
