/** Diffusion of pixels, unconditional or by class. */
package dev.langevin.pipeline.families.pixels;
