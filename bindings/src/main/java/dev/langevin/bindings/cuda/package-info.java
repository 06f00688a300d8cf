/**
 * CUDA's driver, bound by hand, and finding it and the libraries beside it. None of them comes with this project: they
 * are loaded when they are first asked for, where they are.
 */
package dev.langevin.bindings.cuda;
