/** Weight files and model folders as people have them. Nothing in a file is trusted before it is checked. */
package dev.langevin.weights;
