package dev.langevin.text;

/** What weights in a prompt do in AUTOMATIC1111, by the names of its setting. */
public enum Emphasis {

  /** Each token's state is multiplied by its weight, then all of a chunk so that their mean is what it was. */
  ORIGINAL,

  /** Without the second step. */
  NO_NORM,

  /** Weights are read and not used. */
  IGNORE,

  /** Nothing is read: brackets and {@code BREAK} are text. */
  NONE
}
