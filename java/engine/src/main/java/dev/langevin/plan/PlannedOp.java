package dev.langevin.plan;

import dev.langevin.graph.Node;

/**
 * One line of a plan's listing.
 *
 * @param node what is computed; its output's name is the layer's path
 * @param implementation the backend's name for the kernel
 * @param weightLayout layout of the packed weights, or {@code plain}, or empty where there are none
 * @param offset the result's place in the plan's activation memory, in bytes
 * @param bytes the result's size
 * @param weightBytes size of its weights as packed
 */
public record PlannedOp(
    Node node, String implementation, String weightLayout, long offset, long bytes, long weightBytes) {}
