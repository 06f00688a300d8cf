/** Pictures made larger by a network, in tiles where they are large. */
package dev.langevin.pipeline.upscaling;
