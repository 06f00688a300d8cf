package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;

/**
 * The residual block of diffusion U-Nets (arXiv:2006.11239, appendix B): norm, SiLU, conv, plus the time, norm, SiLU,
 * conv, plus the input. Weight names are those of diffusers' {@code ResnetBlock2D}.
 *
 * @param groups groups of both norms
 * @param scaleShift whether the time scales and shifts the second norm (arXiv:2102.09672) instead of being added before
 *   it
 * @param outputScale the sum is divided by this
 */
record Resnet(int groups, double epsilon, boolean scaleShift, double outputScale) {

  /** What a block does to the size of the picture. */
  enum Resample {
    NONE,
    UP,
    DOWN
  }

  /**
   * @param x (N, H, W, C)
   * @param time SiLU of the time embedding (N, T), or null for a block without time
   * @return (N, H', W', outChannels)
   */
  Value build(GraphBuilder b, String name, Value x, Value time, int outChannels, Resample resample) {
    Value h = norm(b, name + ".norm1", x, null);
    Value skip = x;
    if (resample != Resample.NONE) {
      h = resample(b, name, h, resample);
      skip = resample(b, name + ".skip", x, resample);
    }
    h = b.conv2d(name + ".conv1", h, outChannels, 3, 1, Padding.of(1));
    Value scaleShiftRows = null;
    if (time != null) {
      Value projected = b.linear(name + ".time_emb_proj", time, scaleShift ? 2 * outChannels : outChannels, true);
      if (scaleShift) {
        scaleShiftRows = projected; // (N, 2C)
      } else {
        h = b.add(name + ".time", h, projected); // (N, H, W, C) + (N, C)
      }
    }
    h = norm(b, name + ".norm2", h, scaleShiftRows);
    h = b.conv2d(name + ".conv2", h, outChannels, 3, 1, Padding.of(1));
    if (x.shape().dim(3) != outChannels) {
      skip = b.conv2d(name + ".conv_shortcut", skip, outChannels, 1, 1, Padding.of(0));
    }
    Value sum = b.add(name, h, skip);
    return outputScale == 1 ? sum : b.affine(name, sum, 1 / outputScale, 0);
  }

  private Value norm(GraphBuilder b, String name, Value x, Value scaleShiftRows) {
    return b.activate(name, b.groupNorm(name, x, groups, epsilon, scaleShiftRows), Activation.SILU);
  }

  private static Value resample(GraphBuilder b, String name, Value x, Resample resample) {
    return resample == Resample.UP
        ? b.upsampleNearest(name + ".upsample", x, 2)
        : b.averagePool(name + ".downsample", x, 2);
  }
}
