package dev.langevin.training.data;

import java.util.List;

/** Some examples of another set, in its order; class names and their number are the whole's, so that parts go with one network. */
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
