/** Finding and loading the native libraries, and what they report when a call fails. */
package dev.langevin.bindings;
