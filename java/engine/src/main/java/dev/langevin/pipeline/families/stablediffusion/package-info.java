/** Stable Diffusion 1, 2, XL and what is built alike. */
package dev.langevin.pipeline.families.stablediffusion;
