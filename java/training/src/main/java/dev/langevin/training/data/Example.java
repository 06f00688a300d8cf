package dev.langevin.training.data;

import java.util.List;

/** A decoded picture and what its set says of it. */
public record Example(Picture picture, Annotation annotation) {

  /** The example's name in its data set. */
  public String name() {
    return annotation.name();
  }

  /** From 0 on, or -1 for none. */
  public int label() {
    return annotation.label();
  }

  /** Texts of which one is drawn for each use; may be empty. */
  public List<String> captions() {
    return annotation.captions();
  }
}
