package dev.langevin.bindings.shim;

/**
 * Values of the fields {@code prediction} and {@code variance} of a {@link Kernel#TRANSITION}, and {@code post} of a
 * {@link Kernel#INT8}; without one there is none.
 */
public enum Choice {
  PREDICTION_IDENTITY(Constant.PREDICTION_IDENTITY),
  PREDICTION_CLIP(Constant.PREDICTION_CLIP),
  PREDICTION_DYNAMIC_THRESHOLD(Constant.PREDICTION_DYNAMIC_THRESHOLD),
  VARIANCE_DIRECT(Constant.VARIANCE_DIRECT),
  VARIANCE_LOG_INTERPOLATED(Constant.VARIANCE_LOG_INTERPOLATED),
  POST_ADD(Constant.POST_ADD),
  POST_MULTIPLY(Constant.POST_MULTIPLY),
  POST_SCALE(Constant.POST_SCALE),
  POST_SWISH(Constant.POST_SWISH),
  POST_GELU(Constant.POST_GELU);

  final long value;

  Choice(Constant constant) {
    this.value = constant.value;
  }
}
