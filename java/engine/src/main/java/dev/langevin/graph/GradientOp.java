package dev.langevin.graph;

import dev.langevin.graph.Op.Padding;

/**
 * Operations that only training has: what a loss's gradient by an operation's result says about its inputs, and the
 * losses. In each list of inputs, dy is the gradient by the result of the forward operation; y the result itself.
 */
public sealed interface GradientOp extends Op {

  /** Gradient by a convolution's source: dy (N,OH,OW,OC), weights (OC,IC,KH,KW); (N,H,W,IC). */
  record Conv2dSource(int stride, Padding padding) implements GradientOp {
    @Override
    public String label() {
      return "conv2d_source_gradient";
    }
  }

  /**
   * Gradients by a convolution's weights and bias: src (N,H,W,IC), dy (N,OH,OW,OC); (OC,IC,KH,KW) and, if {@code bias},
   * (OC).
   */
  record Conv2dWeights(int stride, Padding padding, boolean bias) implements GradientOp {
    @Override
    public String label() {
      return "conv2d_weights_gradient";
    }
  }

  /** Gradient by a linear layer's source: dy (..., OUT), weights (OUT, IN); (..., IN). */
  record LinearSource() implements GradientOp {
    @Override
    public String label() {
      return "linear_source_gradient";
    }
  }

  /**
   * Gradients by a linear layer's weights and bias: src (..., IN), dy (..., OUT); (OUT, IN) and, if {@code bias},
   * (OUT).
   */
  record LinearWeights(boolean bias) implements GradientOp {
    @Override
    public String label() {
      return "linear_weights_gradient";
    }
  }

  /**
   * Gradients of a group normalisation: its inputs, then dy; what it computes are the gradients by its inputs, in their
   * order: src, gamma, beta, then the added row and the scales and shifts where there are any.
   */
  record GroupNormInputs(Op.GroupNorm forward) implements GradientOp {
    @Override
    public String label() {
      return "group_norm_gradient";
    }
  }

  /** Gradients of a layer normalisation: src (..., C), gamma, dy; by src, gamma and beta. */
  record LayerNormInputs(double epsilon) implements GradientOp {
    @Override
    public String label() {
      return "layer_norm_gradient";
    }
  }

  /**
   * Gradients of an attention: its inputs, then y and dy; by the inputs that hold queries, keys and values, not by a
   * bias.
   */
  record AttentionInputs(Op.Attention forward) implements GradientOp {
    @Override
    public String label() {
      return "attention_gradient";
    }
  }

  /** f'(src) * dy. */
  record ActivateSource(Activation function) implements GradientOp {
    @Override
    public String label() {
      return function.name().toLowerCase(java.util.Locale.ROOT) + "_gradient";
    }
  }

  /** What broadcasting repeated, summed again: (N, ..., C) to (N, C), or (N, ...) to (1, ...). */
  record Sum() implements GradientOp {
    @Override
    public String label() {
      return "sum";
    }
  }

  /** Zeros, but for src, which begins at index {@code from} of an axis. */
  record Embed(int axis, long from) implements GradientOp {
    @Override
    public String label() {
      return "embed";
    }
  }

  /** Gradient by a table of rows: indices (...) i64, dy (..., C); (K, C), zero where no index points. */
  record EmbeddingTable() implements GradientOp {
    @Override
    public String label() {
      return "embedding_gradient";
    }
  }

  /**
   * Inverted dropout (arXiv:1207.0580): src (...), key (1) i64; of src's shape, zero with the given probability and src
   * / (1 - probability) otherwise. Which elements are kept depends on key, salt and place alone, so that the gradient
   * is the same operation on dy, and nothing need be kept of it.
   *
   * @param salt tells the layers of a network apart
   */
  record Dropout(double probability, long salt) implements GradientOp {
    @Override
    public String label() {
      return "dropout";
    }
  }

  /**
   * A loss and its gradient. Inputs: prediction (N, ...), target of its shape, weights (N). Computes the mean of
   * f(prediction - target) over each sample (N), and the gradient of mean over samples of weight times that. With a
   * fourth input, a mask (N, 1, H, W) where the prediction is (N, C, H, W), f is multiplied by it at each place, in all
   * channels alike.
   */
  record Loss(LossFunction function) implements GradientOp {
    @Override
    public String label() {
      return "loss";
    }
  }

  /**
   * Loss of a network that predicts a target and the variance, channels [target, v] (N,2C,H,W) (improved DDPM,
   * arXiv:2102.09672, equations 14 and 16). Inputs: prediction, target (N,C,H,W), x_0, x_t, weights (N), and (N,8)
   * numbers of each step: a and b of x_0 = a x_t - b target, which are sqrt(1/alphaBar) and sqrt(1/alphaBar - 1) where
   * the target is the noise; posterior mean's coefficients of x_0 and x_t, smallest and largest log variance, true log
   * variance, and 1 where t = 0. Computes (N) losses: mean squared error of the target plus {@code factor} times the
   * variational bound in nats per dimension, whose gradient reaches v alone; and the gradient of mean over samples of
   * weight times that. A v beyond -1 or 1 has no gradient that leads further out: the bound of one step would, where
   * the target is hard to predict, and a sampler of fewer steps, whose variances lie further apart, would extrapolate.
   */
  record LearnedVarianceLoss(double factor) implements GradientOp {
    @Override
    public String label() {
      return "learned_variance_loss";
    }
  }

  /**
   * Cross-entropy of a classifier: logits (N, K), labels (N) i64. Computes -log softmax(logits)[label] (N), and the
   * gradient of its mean over samples.
   */
  record CrossEntropy() implements GradientOp {
    @Override
    public String label() {
      return "cross_entropy";
    }
  }

  /**
   * CLIP's loss (arXiv:2103.00020, figure 3): embeddings of texts and of their pictures, (N, E) each, whatever their
   * lengths. Computes for each pair the mean of two cross-entropies, of its text among the texts and of its picture
   * among the pictures (N), and the gradients of their mean over pairs by texts and by pictures.
   *
   * @param scale of the cosines, the inverse of the temperature
   */
  record ContrastiveLoss(double scale) implements GradientOp {
    @Override
    public String label() {
      return "contrastive_loss";
    }
  }

  /**
   * A sample of the posterior that an autoencoder's moments state: moments (N,H,W,2C), mean beside log variance clamped
   * to [-30, 20], and unit noise (N,H,W,C); mean + exp(logvar / 2) * noise (N,H,W,C) (arXiv:1312.6114, section 2.4).
   */
  record GaussianSample() implements GradientOp {
    @Override
    public String label() {
      return "gaussian_sample";
    }
  }

  /** Gradient by the moments of {@link GaussianSample}: moments, noise, dy. */
  record GaussianSampleMoments() implements GradientOp {
    @Override
    public String label() {
      return "gaussian_sample_gradient";
    }
  }

  /**
   * Distance of the posterior that moments (N,H,W,2C) state from a unit normal (arXiv:1312.6114, appendix B): (N) sums
   * over a sample of (mean^2 + var - 1 - logvar) / 2, and the gradient of {@code factor} times their mean over samples.
   */
  record GaussianDivergence(double factor) implements GradientOp {
    @Override
    public String label() {
      return "gaussian_divergence";
    }
  }
}
