package dev.langevin.training.data;

import dev.langevin.tensor.Tensor;

/**
 * What one training step sees. N is the batch size; the arrays have N elements.
 *
 * <p>
 * A loader's batches lend its buffers: what is needed beyond the next batch is copied.
 *
 * @param step from 0 on
 * @param pixels (N, C, H, W) f32 in [-1, 1]
 * @param labels from 0 on, or -1 for none
 * @param captions the one drawn of each example's, or empty text where it has none
 * @param names of the examples
 */
public record Batch(long step, Tensor pixels, long[] labels, String[] captions, String[] names) {}
