package dev.langevin.training;

import dev.langevin.training.data.Annotation;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.Picture;
import java.security.MessageDigest;
import java.util.List;
import java.util.function.Predicate;

/**
 * A set of which each picture has captions: those of its own that are kept, or else the common ones.
 *
 * @param captions of pictures without one of their own
 */
record CaptionedDataset(Dataset whole, Predicate<String> kept, List<String> captions) implements Dataset {

  @Override
  public int size() {
    return whole.size();
  }

  @Override
  public Annotation annotation(int index) {
    Annotation said = whole.annotation(index);
    List<String> own = said.captions().stream().filter(kept).toList();
    return new Annotation(said.name(), said.label(), own.isEmpty() ? captions : own, said.flippable(), said.fields());
  }

  @Override
  public int width(int index) {
    return whole.width(index);
  }

  @Override
  public int height(int index) {
    return whole.height(index);
  }

  @Override
  public Picture picture(int index) {
    return whole.picture(index);
  }

  @Override
  public void digest(int index, MessageDigest digest) {
    whole.digest(index, digest);
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
    return true;
  }
}
