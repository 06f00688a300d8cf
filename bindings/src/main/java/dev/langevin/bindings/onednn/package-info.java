/**
 * oneDNN 3.13's C API, hand-bound: engine and stream, memory descriptors, attributes, primitives. Everything that is
 * created is owned by its creator and closed once; using it afterwards is an {@link java.lang.IllegalStateException}.
 */
package dev.langevin.bindings.onednn;
