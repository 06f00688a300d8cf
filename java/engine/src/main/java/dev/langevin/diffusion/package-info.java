/**
 * The Markov chain: noise schedules, the forward process q, the reverse process p and the samplers that walk it.
 *
 * <p>
 * Plain arithmetic on small tables; the pictures themselves are touched only through a
 * {@link dev.langevin.diffusion.Transition}, which a backend applies in one fused kernel.
 */
package dev.langevin.diffusion;
