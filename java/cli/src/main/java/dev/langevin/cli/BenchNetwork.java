package dev.langevin.cli;

import dev.langevin.graph.Activation;
import dev.langevin.graph.Graph;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.models.UNetConditionConfig;
import java.util.Collections;
import java.util.List;
import java.util.Map;

/** The networks of real models that are timed, by the names on the command line. */
public enum BenchNetwork {
  unet(2),
  xl(2),
  vae(1),
  clip(1),
  cifar(1),
  tiny(1);

  final int batch;

  BenchNetwork(int batch) {
    this.batch = batch;
  }

  /**
   * The network for so many samples.
   *
   * @param latent side of the latents, of those that have any
   */
  public Graph graph(int samples, int latent) {
    return switch (this) {
      case unet ->
          UNet2DCondition.graph(UNetConditionConfig.of(Map.of("sample_size", 64, "cross_attention_dim", 768)), samples,
              latent, latent, 77, 0, 0, false);
      case xl -> UNet2DCondition.graph(UNetConditionConfig.of(xlConfig()), samples, latent, latent, 77, 6, 0, false);
      case vae -> AutoencoderKL.decoder(AutoencoderConfig.of(Map.of("block_out_channels", List.of(128, 256, 512, 512),
          "layers_per_block", 2, "down_block_types", Collections.nCopies(4, "DownEncoderBlock2D"),
          "up_block_types", Collections.nCopies(4, "UpDecoderBlock2D"))), samples, latent, latent);
      case clip ->
          ClipText.graph(new ClipConfig(49408, 77, 768, 3072, 12, 12, Activation.QUICK_GELU, 1e-5, 49407, 0, 0, null),
              "text_model.", samples, 77, false, List.of(), -1);
      case cifar -> UNet2D.graph(UNet2DConfig.of(cifarConfig()), samples, 32, 32);
      case tiny -> UNet2D.graph(UNet2DConfig.of(Map.of("block_out_channels", List.of(32, 64), "layers_per_block", 1,
          "down_block_types", List.of("DownBlock2D", "AttnDownBlock2D"),
          "up_block_types", List.of("AttnUpBlock2D", "UpBlock2D"))), samples, 8, 8);
    };
  }

  /** stabilityai/stable-diffusion-xl-base-1.0. */
  private static Map<String, Object> xlConfig() {
    return Map.ofEntries(Map.entry("sample_size", 128), Map.entry("cross_attention_dim", 2048),
        Map.entry("block_out_channels", List.of(320, 640, 1280)), Map.entry("attention_head_dim", List.of(5, 10, 20)),
        Map.entry("transformer_layers_per_block", List.of(1, 2, 10)), Map.entry("use_linear_projection", true),
        Map.entry("down_block_types", List.of("DownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D")),
        Map.entry("up_block_types", List.of("CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "UpBlock2D")),
        Map.entry("addition_embed_type", "text_time"), Map.entry("addition_time_embed_dim", 256),
        Map.entry("projection_class_embeddings_input_dim", 2816));
  }

  /** google/ddpm-cifar10-32, whose attention has one head of the block's width. */
  private static Map<String, Object> cifarConfig() {
    return Map.of("block_out_channels", List.of(128, 256, 256, 256), "downsample_padding", 0, "flip_sin_to_cos", false,
        "freq_shift", 1, "norm_eps", 1e-6, "attention_head_dim", 256,
        "down_block_types", List.of("DownBlock2D", "AttnDownBlock2D", "DownBlock2D", "DownBlock2D"),
        "up_block_types", List.of("UpBlock2D", "UpBlock2D", "AttnUpBlock2D", "UpBlock2D"));
  }
}
