package dev.langevin.training.data;

import java.util.List;

/** A decoded picture and what its set says of it. */
public record Example(Picture picture, Annotation annotation) {

  public String name() {
    return annotation.name();
  }

  /** From 0 on, or -1 for none. */
  public int label() {
    return annotation.label();
  }

  public List<String> captions() {
    return annotation.captions();
  }
}
