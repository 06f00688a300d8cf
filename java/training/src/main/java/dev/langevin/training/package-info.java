/** Training: a graph with its gradients, losses, optimisers, and the loop around them. */
package dev.langevin.training;
