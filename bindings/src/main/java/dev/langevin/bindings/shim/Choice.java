package dev.langevin.bindings.shim;

/** Values of the fields {@code prediction} and {@code variance} of a {@link Kernel#TRANSITION}; without one there is none. */
public enum Choice {
  PREDICTION_IDENTITY(Constant.PREDICTION_IDENTITY),
  PREDICTION_CLIP(Constant.PREDICTION_CLIP),
  PREDICTION_DYNAMIC_THRESHOLD(Constant.PREDICTION_DYNAMIC_THRESHOLD),
  VARIANCE_DIRECT(Constant.VARIANCE_DIRECT),
  VARIANCE_LOG_INTERPOLATED(Constant.VARIANCE_LOG_INTERPOLATED);

  final long value;

  Choice(Constant constant) {
    this.value = constant.value;
  }
}
