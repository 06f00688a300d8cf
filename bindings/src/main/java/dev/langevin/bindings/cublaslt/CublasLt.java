package dev.langevin.bindings.cublaslt;

/** The library. Any thread. */
public final class CublasLt {

  private CublasLt() {}

  /** For example {@code 13.1.0}. */
  public static String version() {
    long version = Function.VERSION.function().invoke().longValue();
    return version / 10000 + "." + version % 10000 / 100 + "." + version % 100;
  }
}
