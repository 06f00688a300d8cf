/**
 * Samplers and noise levels under the names that ComfyUI and AUTOMATIC1111's web UI give them.
 *
 * <p>
 * A {@link dev.langevin.diffusion.samplers.Sampler} is written as its paper writes it, over samples, denoised samples
 * and noise. A {@link dev.langevin.diffusion.samplers.Course} takes down what it asks for and makes a
 * {@link dev.langevin.diffusion.Trajectory} of it, so that it runs call by call on any backend like every other
 * sampler.
 */
package dev.langevin.diffusion.samplers;
