package dev.langevin.bindings.cublaslt;

import dev.langevin.bindings.abi.Struct;
import java.util.List;

/** The structs of cublasLt.h that Java reads. */
final class Layout {

  /** What the heuristics tell of an algorithm. */
  static final Struct HEURISTIC_RESULT = new Struct("cublasLtMatmulHeuristicResult_t", "l algo.data[8] workspaceSize",
      "i state", "f wavesCount", "i reserved[4]");

  static final List<Struct> ALL = List.of(HEURISTIC_RESULT);

  private Layout() {}
}
