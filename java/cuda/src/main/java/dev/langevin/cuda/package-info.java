/**
 * The backend {@code cuda}. A {@link dev.langevin.cuda.Gpu} has a {@link dev.langevin.cuda.Session}, which holds all
 * that lives on the device, until an error ends it; the next use begins another. Who computes an op is asked in order
 * ({@link dev.langevin.cuda.OpKernels}); a program is captured as a graph when it has run once.
 */
package dev.langevin.cuda;
