package dev.langevin.training.data;

import java.util.List;
import java.util.Map;

/**
 * What a set says of a picture, known without decoding it.
 *
 * @param name of the file within its folder, with slashes, or of the record within its file; unique in the set
 * @param label from 0 on, or -1 for none
 * @param captions any number; one of them is drawn each time
 * @param flippable whether the picture mirrored is still a picture of the kind (letters and flags are not)
 * @param fields all that the metadata says, as text
 */
public record Annotation(String name, int label, List<String> captions, boolean flippable, Map<String, String> fields) {

  /** No label. */
  public static final int UNLABELLED = -1;

  /** Copies both collections. */
  public Annotation {
    captions = List.copyOf(captions);
    fields = Map.copyOf(fields);
  }

  /** One that has nothing but a label, or {@link #UNLABELLED}. */
  public static Annotation labelled(String name, int label) {
    return new Annotation(name, label, List.of(), true, Map.of());
  }
}
