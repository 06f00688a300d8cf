/**
 * A backend for tests, named {@code far}, as one on a GPU is to its callers: its memory is out of the host's reach,
 * holds NaN at first, and ends at a page that nobody may touch. It computes with the kernels of another
 * ({@code -Dlangevin.far}, usually onednn), for which addresses are turned into memory at bind only. What passes on it
 * has no hidden access of the host's.
 */
package dev.langevin.far;
