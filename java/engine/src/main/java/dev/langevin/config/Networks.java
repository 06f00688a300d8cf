package dev.langevin.config;

import static dev.langevin.config.Field.byClass;
import static dev.langevin.config.Field.nullable;
import static dev.langevin.config.Field.optional;
import static dev.langevin.config.Field.required;
import static dev.langevin.config.Type.flag;
import static dev.langevin.config.Type.number;
import static dev.langevin.config.Type.odd;
import static dev.langevin.config.Type.only;
import static dev.langevin.config.Type.whole;
import static dev.langevin.config.Type.word;

import java.util.List;

/**
 * The fields of networks' {@code config.json}; names and what stands for absent ones are diffusers' and transformers'.
 */
final class Networks {

  private static final String CONFIG = "config.json";

  private static final Type WIDTH = whole(1, Limits.WIDTH);
  private static final Type ENTRIES = whole(1, Limits.ENTRIES);
  private static final Type LAYERS = whole(1, Limits.LAYERS);
  private static final Type SIDE = whole(1, Limits.SIDE);
  private static final Type KERNEL = odd(Limits.KERNEL);
  private static final Type EPSILON = number(Limits.LEAST_EPSILON, 1);
  private static final Type FACTOR = number(Limits.LEAST_FACTOR, Limits.MOST_FACTOR);

  static final Section UNET2D = new Section("UNet2DModel", CONFIG,
      optional("sample_size", SIDE.orPair()),
      optional("in_channels", WIDTH, 3),
      optional("out_channels", WIDTH, 3),
      optional("center_input_sample", flag(), false),
      optional("time_embedding_type", word("positional", "learned"), "positional"),
      byClass("time_embedding_dim", WIDTH),
      optional("freq_shift", number(0, 1), 0.0),
      optional("flip_sin_to_cos", flag(), true),
      optional("down_block_types", word("DownBlock2D", "AttnDownBlock2D", "ResnetDownsampleBlock2D").list(),
          List.of("DownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D", "AttnDownBlock2D")),
      nullable("mid_block_type", word("UNetMidBlock2D"), "UNetMidBlock2D"),
      optional("up_block_types", word("UpBlock2D", "AttnUpBlock2D", "ResnetUpsampleBlock2D").list(),
          List.of("AttnUpBlock2D", "AttnUpBlock2D", "AttnUpBlock2D", "UpBlock2D")),
      optional("block_out_channels", WIDTH.list(), List.of(224, 448, 672, 896)),
      optional("layers_per_block", LAYERS, 2).countingLayers(),
      optional("mid_block_scale_factor", FACTOR, 1.0),
      optional("downsample_padding", whole(0, 1), 1),
      optional("downsample_type", word("conv", "resnet"), "conv"),
      optional("upsample_type", word("conv", "resnet"), "conv"),
      nullable("attention_head_dim", WIDTH, 8),
      optional("norm_num_groups", WIDTH, 32),
      optional("attn_norm_num_groups", WIDTH),
      optional("norm_eps", EPSILON, 1e-5),
      optional("resnet_time_scale_shift", word("default", "scale_shift"), "default"),
      optional("add_attention", flag(), true),
      optional("class_embed_type", word("timestep", "identity")),
      optional("num_class_embeds", ENTRIES),
      optional("num_train_timesteps", whole(1, Limits.TIMESTEPS)),
      optional("act_fn", word("silu", "swish"), "silu"));

  /** Also that of a control network, which has no way up. */
  static final Section UNET_CONDITION = new Section("UNet2DConditionModel, ControlNetModel", CONFIG,
      optional("_class_name", word("UNet2DConditionModel", "ControlNetModel")),
      optional("sample_size", whole(1, Limits.LATENT_SIDE).orPair()),
      optional("in_channels", WIDTH, 4),
      optional("out_channels", WIDTH, 4),
      optional("center_input_sample", flag(), false),
      optional("flip_sin_to_cos", flag(), true),
      optional("freq_shift", number(0, 1), 0.0),
      optional("down_block_types",
          word("DownBlock2D", "CrossAttnDownBlock2D", "SimpleCrossAttnDownBlock2D", "ResnetDownsampleBlock2D").list(),
          List.of("CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "CrossAttnDownBlock2D", "DownBlock2D")),
      nullable("mid_block_type", word("UNetMidBlock2DCrossAttn", "UNetMidBlock2DSimpleCrossAttn", "UNetMidBlock2D"),
          "UNetMidBlock2DCrossAttn"),
      optional("up_block_types",
          word("UpBlock2D", "CrossAttnUpBlock2D", "SimpleCrossAttnUpBlock2D", "ResnetUpsampleBlock2D").list(),
          List.of("UpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D", "CrossAttnUpBlock2D")),
      optional("block_out_channels", WIDTH.list(), List.of(320, 640, 1280, 1280)),
      optional("layers_per_block", LAYERS.orList(), 2).countingLayers(),
      optional("attention_head_dim", WIDTH.orList(), 8),
      optional("num_attention_heads", WIDTH.orList()),
      optional("only_cross_attention", flag().orList(), false),
      optional("transformer_layers_per_block", LAYERS.orList(), 1).countingLayers(),
      optional("reverse_transformer_layers_per_block", LAYERS.orList()).countingLayers(),
      optional("cross_attention_dim", WIDTH.orList(), 1280),
      optional("use_linear_projection", flag(), false),
      optional("downsample_padding", whole(0, 1), 1),
      optional("mid_block_scale_factor", FACTOR, 1.0),
      optional("norm_num_groups", WIDTH, 32),
      optional("norm_eps", EPSILON, 1e-5),
      optional("resnet_time_scale_shift", word("default", "scale_shift"), "default"),
      byClass("time_embedding_dim", WIDTH),
      optional("class_embed_type", word("timestep", "identity", "projection", "simple_projection")),
      optional("num_class_embeds", ENTRIES),
      optional("projection_class_embeddings_input_dim", WIDTH),
      optional("addition_embed_type", word("text_time")),
      optional("addition_time_embed_dim", WIDTH),
      optional("time_cond_proj_dim", WIDTH),
      optional("conv_in_kernel", KERNEL, 3),
      optional("conv_out_kernel", KERNEL, 3),
      optional("conditioning_channels", WIDTH, 3),
      optional("conditioning_embedding_out_channels", WIDTH.list(), List.of(16, 32, 96, 256)),
      optional("act_fn", word("silu", "swish"), "silu"),
      optional("resnet_skip_time_act", only(false)),
      optional("resnet_out_scale_factor", only(1)),
      optional("dual_cross_attention", only(false)),
      optional("class_embeddings_concat", only(false)),
      optional("time_embedding_type", only("positional")),
      optional("attention_type", only("default")),
      optional("encoder_hid_dim_type", only(null)),
      optional("cross_attention_norm", only(null)),
      optional("time_embedding_act_fn", only(null)),
      optional("timestep_post_act", only(null)),
      optional("mid_block_only_cross_attention", only(null)));

  /** Of both kinds with residual blocks. */
  static final Section AUTOENCODER = new Section("AutoencoderKL, VQModel", CONFIG,
      optional("_class_name", word("AutoencoderKL", "VQModel")),
      optional("in_channels", WIDTH, 3),
      optional("out_channels", WIDTH, 3),
      optional("block_out_channels", WIDTH.list(), List.of(64)),
      optional("down_block_types", word("DownEncoderBlock2D").list(), List.of("DownEncoderBlock2D")),
      optional("up_block_types", word("UpDecoderBlock2D").list(), List.of("UpDecoderBlock2D")),
      optional("layers_per_block", LAYERS, 1).countingLayers(),
      byClass("latent_channels", WIDTH),
      byClass("vq_embed_dim", WIDTH),
      optional("num_vq_embeddings", ENTRIES, 256),
      optional("norm_num_groups", WIDTH, 32),
      optional("mid_block_add_attention", flag(), true),
      optional("use_quant_conv", flag(), true),
      optional("use_post_quant_conv", flag(), true),
      optional("scaling_factor", FACTOR, 0.18215),
      optional("shift_factor", number(-Limits.MOST_FACTOR, Limits.MOST_FACTOR), 0.0),
      optional("sample_size", SIDE.orPair(), 32),
      optional("act_fn", word("silu", "swish"), "silu"),
      optional("latents_mean", only(null)),
      optional("latents_std", only(null)),
      optional("norm_type", only("group")),
      optional("lookup_from_codebook", only(false)));

  static final Section AUTOENCODER_TINY = new Section("AutoencoderTiny", CONFIG,
      optional("in_channels", WIDTH, 3),
      optional("out_channels", WIDTH, 3),
      optional("encoder_block_out_channels", WIDTH.list(), List.of(64, 64, 64, 64)),
      optional("decoder_block_out_channels", WIDTH.list(), List.of(64, 64, 64, 64)),
      optional("num_encoder_blocks", LAYERS.list(), List.of(1, 3, 3, 3)).countingLayers(),
      optional("num_decoder_blocks", LAYERS.list(), List.of(3, 3, 3, 1)).countingLayers(),
      optional("latent_channels", WIDTH, 4),
      optional("latent_magnitude", FACTOR, 3.0),
      optional("latent_shift", number(-Limits.MOST_FACTOR, Limits.MOST_FACTOR), 0.5),
      optional("scaling_factor", FACTOR, 1.0),
      optional("use_midblock_gn", flag(), false),
      optional("act_fn", word("relu"), "relu"),
      optional("upsample_fn", only("nearest")),
      optional("upsampling_scaling_factor", only(2)));

  /** Of texts and of pictures; a picture's has a {@code patch_size}. */
  static final Section CLIP = new Section(
      "CLIPTextModel, CLIPTextModelWithProjection, CLIPVisionModelWithProjection", CONFIG,
      optional("vocab_size", ENTRIES, 49408),
      optional("max_position_embeddings", WIDTH, 77),
      byClass("hidden_size", WIDTH),
      byClass("intermediate_size", WIDTH),
      optional("num_hidden_layers", LAYERS, 12).countingLayers(),
      byClass("num_attention_heads", WIDTH),
      optional("hidden_act", word("quick_gelu", "gelu", "gelu_new"), "quick_gelu"),
      optional("layer_norm_eps", EPSILON, 1e-5),
      optional("eos_token_id", whole(0, Limits.ENTRIES), 49407),
      optional("image_size", SIDE, 224),
      optional("patch_size", SIDE, 32),
      optional("projection_dim", WIDTH, 512));

  static final Section PRIOR = new Section("PriorTransformer", CONFIG,
      optional("num_attention_heads", WIDTH, 32),
      optional("attention_head_dim", WIDTH, 64),
      optional("num_layers", LAYERS, 20).countingLayers(),
      optional("embedding_dim", WIDTH, 768),
      optional("num_embeddings", WIDTH, 77),
      byClass("time_embed_dim", WIDTH),
      byClass("embedding_proj_dim", WIDTH),
      byClass("clip_embed_dim", WIDTH),
      nullable("added_emb_type", word("prd"), "prd"),
      nullable("encoder_hid_proj_type", word("linear"), "linear"),
      optional("embedding_proj_norm_type", word("layer")),
      optional("norm_in_type", word("layer")),
      optional("time_embed_act_fn", only("silu")),
      byClass("additional_embeddings", whole(3, 4)));

  static final Section TEXT_PROJECTION = new Section("UnCLIPTextProjModel", CONFIG,
      optional("clip_extra_context_tokens", WIDTH, 4),
      optional("clip_embeddings_dim", WIDTH, 768),
      required("time_embed_dim", WIDTH),
      required("cross_attention_dim", WIDTH));

  private Networks() {}
}
