/**
 * The project's own CUDA kernels (native/cuda/kernels): their arguments, field by field as {@code langevin_cuda.h}
 * declares them, and their launches. Which text or image they come from is the caller's.
 */
package dev.langevin.bindings.kernels;
