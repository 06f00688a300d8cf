package dev.langevin.bindings.cudnn;

import java.util.EnumSet;
import java.util.Set;

/** What cuDNN says of how an engine computes. */
public enum NumericalNote {
  /** Products on tensor cores: of f32 values in TF32. */
  TENSOR_CORE(Constant.NUMERICAL_NOTE_TENSOR_CORE),
  /** Values are converted to a shorter type before they are multiplied. */
  SHORT_VALUES(Constant.NUMERICAL_NOTE_DOWN_CONVERT_INPUTS),
  /** Sums are kept in a type that is shorter than what was asked for. */
  SHORT_SUMS(Constant.NUMERICAL_NOTE_REDUCED_PRECISION_REDUCTION),
  /** Two runs may differ. */
  NONDETERMINISTIC(Constant.NUMERICAL_NOTE_NONDETERMINISTIC);

  /** How many cuDNN may come to know. */
  private static final int MOST = 64;

  private final Constant constant;

  NumericalNote(Constant constant) {
    this.constant = constant;
  }

  static Set<NumericalNote> of(Descriptor engine) {
    Set<NumericalNote> notes = EnumSet.noneOf(NumericalNote.class);
    for (int value : engine.choices(Constant.ENGINE_NUMERICAL_NOTE, Constant.TYPE_NUMERICAL_NOTE, MOST)) {
      for (NumericalNote note : values()) {
        if (note.constant.value == value) {
          notes.add(note);
        }
      }
    }
    return notes;
  }
}
