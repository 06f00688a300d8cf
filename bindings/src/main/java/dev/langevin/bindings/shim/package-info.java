/**
 * The project's own kernels, as native/include/langevin.h declares them. They check sizes and pointers against each
 * other, but see addresses only: that the memory behind a pointer is as large as the sizes say is for the caller to see
 * to.
 */
package dev.langevin.bindings.shim;
