package dev.langevin.training;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.util.List;
import java.util.Map;

/**
 * A small convolutional classifier: pairs of 3x3 convolutions with group normalisation, each pair but the first at half
 * the size of the one before, then the mean over the picture. Its features are what generated pictures are compared in.
 *
 * @param channels of each pair of convolutions
 * @param classes entries of the result
 * @param inChannels of the picture
 */
public record Classifier(List<Integer> channels, int classes, int inChannels) {

  private static final int GROUPS = 8;
  private static final double EPSILON = 1e-5;

  /**
   * Copies {@code channels} and checks the numbers.
   *
   * @throws IllegalArgumentException if channels are no multiples of 8, or classes are fewer than 2
   */
  public Classifier {
    channels = List.copyOf(channels);
    if (channels.isEmpty() || channels.stream().anyMatch(c -> c < GROUPS || c % GROUPS != 0) || classes < 2) {
      throw new IllegalArgumentException("a classifier of channels " + channels + " and " + classes
          + " classes: channels must be multiples of " + GROUPS + ", and classes 2 or more");
    }
  }

  /** Reads {@code channels}; what is absent has a default. */
  static Classifier of(Map<String, Object> values, int classes, int inChannels) {
    @SuppressWarnings("unchecked")
    List<Integer> channels = (List<Integer>) values.getOrDefault("channels", List.of(32, 64, 128));
    return new Classifier(channels, classes, inChannels);
  }

  /**
   * From {@code image} (N, C, H, W) to {@code features} (N, F), F the last pair's channels, and {@code logits} (N, K),
   * all f32.
   */
  public Graph graph(int batch, int side) {
    GraphBuilder b = new GraphBuilder();
    Value x = b.toChannelsLast("image", b.input("image", DType.F32, batch, inChannels, side, side));
    for (int i = 0; i < channels.size(); i++) {
      x = layer(b, "blocks." + i + ".0", x, channels.get(i), i == 0 ? 1 : 2);
      x = layer(b, "blocks." + i + ".1", x, channels.get(i), 1);
    }
    long rest = x.shape().dim(1);
    x = b.reshape("features", b.averagePool("pool", x, (int) rest), batch, channels.getLast());
    b.output("features", x);
    b.output("logits", b.linear("head", x, classes, true));
    return b.build();
  }

  private static Value layer(GraphBuilder b, String name, Value x, int channels, int stride) {
    x = b.conv2d(name + ".conv", x, channels, 3, stride, Padding.of(1));
    return b.activate(name + ".act", b.groupNorm(name + ".norm", x, GROUPS, EPSILON), Activation.SILU);
  }
}
