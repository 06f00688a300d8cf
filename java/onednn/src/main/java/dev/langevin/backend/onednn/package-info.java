/** The CPU backend: every operation as primitives of oneDNN, f32, channels-last. */
package dev.langevin.backend.onednn;
