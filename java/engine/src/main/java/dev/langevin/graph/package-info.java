/**
 * What is computed: operations over shaped values, with no backend, no memory and no weights but their names.
 *
 * <p>
 * Pictures are channels-last: (N, H, W, C), which is (N, H*W, C) to an attention layer without a transpose.
 */
package dev.langevin.graph;
