package dev.langevin.reference;

import dev.langevin.backend.Backend;
import java.util.List;

/** The backend that cases run on: system property {@code langevin.backend}, {@code onednn} where there is none. */
final class TestedBackend {

  static final String NAME = System.getProperty("langevin.backend", "onednn");

  private TestedBackend() {}

  static Backend get() {
    return Backend.named(NAME);
  }

  /** Those that single networks and layers run on: the tested one and, beside {@code onednn}, the reference. */
  static List<String> names() {
    return NAME.equals("onednn") ? List.of("onednn", "reference") : List.of(NAME);
  }
}
