/** Pictures in and out: between files, 8-bit pixels and the tensors of the chain. */
package dev.langevin.image;
