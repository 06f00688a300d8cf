/** How a chain of latents begins: a type for each way. */
package dev.langevin.pipeline.starts;
