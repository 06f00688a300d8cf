package dev.langevin.models;

import dev.langevin.graph.Activation;
import dev.langevin.graph.GraphBuilder;
import dev.langevin.graph.Op.Padding;
import dev.langevin.graph.Value;
import dev.langevin.tensor.DType;
import java.util.ArrayDeque;
import java.util.Deque;

/** What a {@link UNet2DCondition} and a {@link ControlNet} have in common: embeddings, the way down, the middle. */
final class ConditionalEncoder {

  final UNetConditionConfig config;
  final GraphBuilder b;
  final Value sample; // (N, C, H, W)
  final Value sampleExtra; // (N, E, H, W), or null
  final Value context; // (N, M, D)
  final Value bias; // (N, M), or null
  final ImageContext image; // or null
  final Value time; // SiLU of the embedding (N, T): all that the blocks read of it
  final Deque<Value> skips = new ArrayDeque<>();

  /**
   * @param extra how many of the input's channels come apart, as {@code sample_extra}
   * @param adapter for a picture as a prompt, or null
   */
  ConditionalEncoder(UNetConditionConfig config, GraphBuilder b, int batch, int height, int width, int tokens,
      int timeIds, int extra,
      IpAdapterConfig adapter) {
    this.config = config;
    this.b = b;
    sample = b.input("sample", DType.F32, batch, config.inChannels() - extra, height, width);
    sampleExtra = extra == 0 ? null : b.steadyInput("sample_extra", DType.F32, batch, extra, height, width);
    Value t = b.input("timestep", DType.F32, batch);
    context = b.steadyInput("encoder_hidden_states", DType.F32, batch, tokens, config.contextDim());
    bias = config.downBlocks().contains("SimpleCrossAttnDownBlock2D")
        ? b.steadyInput("attention_bias", DType.F32, batch, tokens)
        : null;
    image = adapter == null ? null : new ImageContext(adapter, config, b, batch);
    time = b.activate("time_embedding.silu", embeddings(t, batch, timeIds), Activation.SILU);
  }

  private Value embeddings(Value t, int batch, int timeIds) {
    Value sinusoid = sinusoid("time_proj", t, config.blockChannels().getFirst());
    if (config.timeConditionDim() != null) {
      Value condition = b.steadyInput("timestep_cond", DType.F32, batch, config.timeConditionDim());
      sinusoid = b.add("time_embedding.cond",
          sinusoid, b.linear("time_embedding.cond_proj", condition, config.blockChannels().getFirst(), false));
    }
    Value embedding = twoLayers("time_embedding", sinusoid);
    Value classes = classEmbedding(batch);
    if (classes != null) {
      embedding = b.add("class_embedding.sum", embedding, classes);
    }
    if (config.textTime()) {
      if (config.projectionDim() == null || config.addedTimeDim() == null) {
        throw new IllegalArgumentException("config.json: addition_embed_type text_time needs"
            + " projection_class_embeddings_input_dim and addition_time_embed_dim");
      }
      int sizesWidth = timeIds * config.addedTimeDim();
      if (config.projectionDim() <= sizesWidth) {
        throw new IllegalArgumentException("config.json: projection_class_embeddings_input_dim is "
            + config.projectionDim() + ", must be more than " + sizesWidth + ", which is " + timeIds
            + " times addition_time_embed_dim");
      }
      Value text = b.steadyInput("text_embeds", DType.F32, batch, config.projectionDim() - sizesWidth);
      Value sizes = b.reshape("time_ids", b.steadyInput("time_ids", DType.F32, batch, timeIds), (long) batch * timeIds);
      sizes = b.reshape("add_time_proj", sinusoid("add_time_proj", sizes, config.addedTimeDim()), batch, sizesWidth);
      embedding =
          b.add("add_embedding.sum", embedding, twoLayers("add_embedding", b.concat("add_embeds", text, sizes)));
    }
    return embedding;
  }

  private Value classEmbedding(int batch) {
    if (config.classEmbedding() == null) {
      return config.classes() == null ? null
          : b.embedding("class_embedding", b.steadyInput("class_labels", DType.I64, batch), config.classes(),
              config.timeEmbeddingDim());
    }
    return switch (config.classEmbedding()) {
      case "timestep" -> twoLayers("class_embedding",
          sinusoid("class_proj", b.steadyInput("class_labels", DType.F32, batch), config.blockChannels().getFirst()));
      case "identity" -> b.steadyInput("class_labels", DType.F32, batch, config.timeEmbeddingDim());
      case "projection" -> twoLayers("class_embedding", vector(batch));
      default -> b.linear("class_embedding", vector(batch), config.timeEmbeddingDim(), true);
    };
  }

  private Value vector(int batch) {
    if (config.projectionDim() == null) {
      throw new IllegalArgumentException("config.json: class_embed_type " + config.classEmbedding()
          + " needs projection_class_embeddings_input_dim");
    }
    return b.steadyInput("class_labels", DType.F32, batch, config.projectionDim());
  }

  private Value sinusoid(String name, Value times, int width) {
    return b.timeEmbedding(name, times, width, config.cosineFirst(), config.frequencyShift());
  }

  private Value twoLayers(String name, Value x) {
    Value h = b.linear(name + ".linear_1", x, config.timeEmbeddingDim(), true);
    h = b.activate(name + ".act", h, Activation.SILU);
    return b.linear(name + ".linear_2", h, config.timeEmbeddingDim(), true);
  }

  /** The picture's first layer, (N, H, W, C). */
  Value begin() {
    Value x = b.toChannelsLast("sample", sample);
    if (sampleExtra != null) {
      x = b.concat("sample.all", x, b.toChannelsLast("sample_extra", sampleExtra));
    }
    if (config.centerInput()) {
      x = b.affine("center_input", x, 2, -1);
    }
    int kernel = config.convInKernel();
    return b.conv2d("conv_in", x, config.blockChannels().getFirst(), kernel, 1, Padding.of((kernel - 1) / 2));
  }

  /** The way down; every layer's result is pushed to {@link #skips}. */
  Value down(Value x) {
    skips.push(x);
    for (int i = 0; i < config.downBlocks().size(); i++) {
      x = down(i, x);
    }
    return x;
  }

  private Value down(int i, Value x) {
    String name = "down_blocks." + i;
    String type = config.downBlocks().get(i);
    int channels = config.blockChannels().get(i);
    for (int layer = 0; layer < config.layers().get(i); layer++) {
      x = resnet(1).build(b, name + ".resnets." + layer, x, time, channels, Resnet.Resample.NONE);
      x = attend(type, name + ".attentions." + layer, x, i, config.transformerLayers().get(i), 1);
      skips.push(x);
    }
    if (i < config.downBlocks().size() - 1) {
      boolean byResnet = type.equals("ResnetDownsampleBlock2D") || type.equals("SimpleCrossAttnDownBlock2D");
      x = byResnet
          ? resnet(1).build(b, name + ".downsamplers.0", x, time, channels, Resnet.Resample.DOWN)
          : b.conv2d(name + ".downsamplers.0.conv", x, channels, 3, 2,
              UNet2D.downsamplePadding(config.downsamplePadding()));
      skips.push(x);
    }
    return x;
  }

  Value middle(Value x) {
    if (config.middle() == null) {
      return x;
    }
    int last = config.blockChannels().size() - 1;
    int channels = config.blockChannels().get(last);
    double scale = config.middleScaleFactor();
    x = resnet(scale).build(b, "mid_block.resnets.0", x, time, channels, Resnet.Resample.NONE);
    if (config.middle().equals("UNetMidBlock2D")) {
      return x;
    }
    String type = config.middle().equals("UNetMidBlock2DCrossAttn") ? "CrossAttn" : "SimpleCrossAttn";
    x = attend(type, "mid_block.attentions.0", x, last, config.transformerLayers().get(last), scale);
    return resnet(scale).build(b, "mid_block.resnets.1", x, time, channels, Resnet.Resample.NONE);
  }

  Resnet resnet(double scale) {
    return new Resnet(config.normGroups(), config.normEpsilon(), config.scaleShift(), scale);
  }

  /** The attention of a block of that type, or {@code x} where it has none. */
  Value attend(String type, String name, Value x, int level, int layers, double scale) {
    if (type.startsWith("CrossAttn")) {
      boolean crossOnly = !name.startsWith("mid_block") && config.crossOnly().get(level);
      return new SpatialTransformer(config.heads().get(level), layers, config.normGroups(), config.linearProjection(),
          crossOnly)
              .build(b, name, x, context, image);
    }
    if (type.startsWith("SimpleCrossAttn")) {
      boolean crossOnly = !name.startsWith("mid_block") && config.crossOnly().get(level);
      return new AddedKvAttention(config.headDim().get(level), config.normGroups(), config.normEpsilon(), crossOnly,
          scale)
              .build(b, name, x, context, bias);
    }
    return x;
  }
}
