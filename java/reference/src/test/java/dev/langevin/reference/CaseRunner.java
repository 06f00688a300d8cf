package dev.langevin.reference;

/** Runs the reference cases of some kind. */
interface CaseRunner {

  boolean accepts(ReferenceCase reference);

  /** Passes by returning, fails by throwing. */
  void run(ReferenceCase reference) throws Exception;

  /** Whether its cases need gradients, which a backend may lack. */
  default boolean trains() {
    return false;
  }
}
