package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * The U-Net that reverses the chain in pixel space (arXiv:2006.11239, appendix B), by the names of diffusers'
 * {@code UNet2DModel}.
 *
 * <p>
 * Inputs: {@code sample} (N, C, H, W) f32, {@code timestep} (N) f32, and for a class-conditional model
 * {@code class_labels}: (N) i64 into a table, (N) f32 where labels are embedded as if they were times, or (N, T) f32 as
 * they are; it is steady. Output: {@code out} (N, C', H, W) f32.
 */
public final class UNet2D {

  private final UNet2DConfig config;
  private final GraphBuilder b = new GraphBuilder();
  private final Resnet resnet;
  private final Deque<Value> skips = new ArrayDeque<>();
  private Value time; // SiLU of the embedding (N, T): all that the blocks read of it

  private UNet2D(UNet2DConfig config) {
    this.config = config;
    this.resnet = new Resnet(config.normGroups(), config.normEpsilon(), config.scaleShift(), 1);
  }

  /**
   * The network for a batch of pictures of one size.
   *
   * @throws dev.langevin.graph.GraphException if the configuration or the size makes no network, naming the layer
   */
  public static Graph graph(UNet2DConfig config, int batch, int height, int width) {
    return new UNet2D(config).build(batch, height, width);
  }

  private Graph build(int batch, int height, int width) {
    Value sample = b.input("sample", DType.F32, batch, config.inChannels(), height, width);
    time = b.activate("time_embedding.silu", embeddings(batch), Activation.SILU);

    Value x = b.toChannelsLast("sample", sample); // (N, H, W, C)
    if (config.centerInput()) {
      x = b.affine("center_input", x, 2, -1);
    }
    x = b.conv2d("conv_in", x, config.blockChannels().getFirst(), 3, 1, Padding.of(1));
    skips.push(x);
    for (int i = 0; i < config.downBlocks().size(); i++) {
      x = down(i, x);
    }
    if (config.middleBlock()) {
      x = middle(x);
    }
    for (int i = 0; i < config.upBlocks().size(); i++) {
      x = up(i, x);
    }
    x = b.groupNorm("conv_norm_out", x, config.normGroups(), config.normEpsilon());
    x = b.activate("conv_act", x, Activation.SILU);
    x = b.conv2d("conv_out", x, config.outChannels(), 3, 1, Padding.of(1));
    b.output("out", b.toChannelsFirst("out", x)); // (N, C', H, W)
    return b.build();
  }

  /** Time and class in one vector a sample, (N, T). */
  private Value embeddings(int batch) {
    int width = config.blockChannels().getFirst();
    Value embedding;
    if (config.timeEmbeddingType().equals("learned")) {
      if (config.trainTimesteps() == null) {
        throw new IllegalArgumentException("config.json: a learned time embedding needs num_train_timesteps");
      }
      Value t = b.input("timestep", DType.I64, batch);
      embedding = b.embedding("time_proj", t, config.trainTimesteps(), width);
    } else {
      embedding = sinusoid(b.input("timestep", DType.F32, batch));
    }
    embedding = twoLayers("time_embedding", embedding);
    if (config.classEmbedding() == null && config.classes() != null) {
      Value labels = b.steadyInput("class_labels", DType.I64, batch);
      return b.add("class_embedding", embedding,
          b.embedding("class_embedding", labels, config.classes(), config.timeEmbeddingDim()));
    }
    if ("timestep".equals(config.classEmbedding())) {
      Value labels = b.steadyInput("class_labels", DType.F32, batch);
      return b.add("class_embedding", embedding, twoLayers("class_embedding", sinusoid(labels)));
    }
    if ("identity".equals(config.classEmbedding())) {
      return b.add("class_embedding", embedding,
          b.steadyInput("class_labels", DType.F32, batch, config.timeEmbeddingDim()));
    }
    return embedding;
  }

  private Value sinusoid(Value times) {
    return b.timeEmbedding("time_proj", times, config.blockChannels().getFirst(), config.cosineFirst(),
        config.frequencyShift());
  }

  private Value twoLayers(String name, Value x) {
    Value h = b.linear(name + ".linear_1", x, config.timeEmbeddingDim(), true);
    h = b.activate(name + ".act", h, Activation.SILU);
    return b.linear(name + ".linear_2", h, config.timeEmbeddingDim(), true);
  }

  private Value down(int i, Value x) {
    String name = "down_blocks." + i;
    String type = config.downBlocks().get(i);
    int channels = config.blockChannels().get(i);
    for (int layer = 0; layer < config.layersPerBlock(); layer++) {
      x = resnet.build(b, name + ".resnets." + layer, x, time, channels, Resnet.Resample.NONE);
      if (type.equals("AttnDownBlock2D")) {
        x = attention(channels).build(b, name + ".attentions." + layer, x);
      }
      skips.push(x);
    }
    if (i < config.downBlocks().size() - 1) {
      boolean byResnet = type.equals("ResnetDownsampleBlock2D")
          || type.equals("AttnDownBlock2D") && config.downsampleType().equals("resnet");
      x = byResnet
          ? resnet.build(b, name + ".downsamplers.0", x, time, channels, Resnet.Resample.DOWN)
          : b.conv2d(name + ".downsamplers.0.conv", x, channels, 3, 2, downsamplePadding(config.downsamplePadding()));
      skips.push(x);
    }
    return x;
  }

  /** Without padding of its own the layer gets one row below and one column to the right. */
  static Padding downsamplePadding(int padding) {
    return padding == 0 ? new Padding(0, 0, 1, 1) : Padding.of(padding);
  }

  private Value middle(Value x) {
    int channels = config.blockChannels().getLast();
    Resnet middle = new Resnet(
        config.normGroups(), config.normEpsilon(), config.scaleShift(), config.middleScaleFactor());
    x = middle.build(b, "mid_block.resnets.0", x, time, channels, Resnet.Resample.NONE);
    if (config.middleAttention()) {
      // By default the norm goes with the resnets'; scale-shift models have none here.
      Integer groups = config.attentionGroups() != null
          ? config.attentionGroups()
          : config.scaleShift() ? null : Integer.valueOf(config.normGroups());
      x = new SpatialAttention(headDim(channels), groups, config.normEpsilon(), config.middleScaleFactor())
          .build(b, "mid_block.attentions.0", x);
    }
    return middle.build(b, "mid_block.resnets.1", x, time, channels, Resnet.Resample.NONE);
  }

  private Value up(int i, Value x) {
    String name = "up_blocks." + i;
    String type = config.upBlocks().get(i);
    int last = config.blockChannels().size() - 1;
    int channels = config.blockChannels().get(last - i);
    for (int layer = 0; layer <= config.layersPerBlock(); layer++) {
      x = b.concat(name + ".skip." + layer, x, skips.pop());
      x = resnet.build(b, name + ".resnets." + layer, x, time, channels, Resnet.Resample.NONE);
      if (type.equals("AttnUpBlock2D")) {
        x = attention(channels).build(b, name + ".attentions." + layer, x);
      }
    }
    if (i < last) {
      boolean byResnet = type.equals("ResnetUpsampleBlock2D")
          || type.equals("AttnUpBlock2D") && config.upsampleType().equals("resnet");
      if (byResnet) {
        return resnet.build(b, name + ".upsamplers.0", x, time, channels, Resnet.Resample.UP);
      }
      x = b.upsampleNearest(name + ".upsamplers.0", x, 2);
      x = b.conv2d(name + ".upsamplers.0.conv", x, channels, 3, 1, Padding.of(1));
    }
    return x;
  }

  private SpatialAttention attention(int channels) {
    return new SpatialAttention(headDim(channels), config.normGroups(), config.normEpsilon(), 1);
  }

  private int headDim(int channels) {
    return config.attentionHeadDim() == null ? channels : config.attentionHeadDim();
  }
}
