package dev.langevin.bindings.onednn;

/** Algorithms over all elements along the axes that are 1 in the destination. */
public enum Reduction {
  MAX(Constant.REDUCTION_MAX),
  MIN(Constant.REDUCTION_MIN),
  SUM(Constant.REDUCTION_SUM),
  MEAN(Constant.REDUCTION_MEAN);

  final int value;

  Reduction(Constant constant) {
    this.value = constant.value;
  }
}
