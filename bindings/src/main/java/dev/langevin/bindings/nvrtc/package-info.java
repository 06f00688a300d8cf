/** NVRTC, bound by hand: kernels compiled where they run. */
package dev.langevin.bindings.nvrtc;
