package dev.langevin.diffusion.samplers;

/**
 * A network call.
 *
 * @param x the sample that it was made with
 * @param denoised the clean picture that the network took it for
 * @param unconditional the same by the unconditional half alone; a run that reads it needs guidance
 */
record Call(Expression x, Expression denoised, Expression unconditional) {

  /** The direction {@code (x - denoised) / sigma} (Karras et al., arXiv:2206.00364, equation 3 with sigma as time). */
  Expression direction(double sigma) {
    return x.minus(denoised).over(sigma);
  }
}
