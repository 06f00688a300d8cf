package dev.langevin.reference;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.request.LoadOptions;
import java.util.List;

/** The backend that cases run on: system property {@code langevin.backend}, {@code onednn} where there is none. */
final class TestedBackend {

  static final String NAME = System.getProperty("langevin.backend", "onednn");

  private TestedBackend() {}

  static Backend get() {
    return Backend.named(NAME);
  }

  /** What pipelines are opened with: cases are of f32, which is not what every backend usually computes in. */
  static LoadOptions.Builder options() {
    return LoadOptions.builder().backend(NAME).precision(Precision.F32);
  }

  /** Those that single networks and layers run on: the tested one and, beside {@code onednn}, the reference. */
  static List<String> names() {
    return NAME.equals("onednn") ? List.of("onednn", "reference") : List.of(NAME);
  }
}
