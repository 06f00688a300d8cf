/** The shim: kernels that oneDNN lacks, by langevin.h. */
package dev.langevin.bindings.shim;
