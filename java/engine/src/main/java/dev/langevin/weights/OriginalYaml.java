package dev.langevin.weights;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * The configuration of a latent diffusion model in the original code's form, by what diffusers' configurations say: the
 * other way of what {@link OriginalConfig} is read for. Entries that are not read here are there for other readers.
 */
public final class OriginalYaml {

  /** What the noise on an upscaler's small picture follows. */
  public record Noise(Map<String, Object> scheduler, Object most) {}

  private OriginalYaml() {}

  /**
   * {@return a model's configuration in the original form, as the nested maps of its YAML file}
   *
   * @param configs of unet, vae and the text encoders, by diffusers' names
   * @param scheduler the sampler's
   * @param noise that of the noise on an upscaler's small picture, and the most of it; or null
   * @param pads what fills a text up, by text encoder
   */
  public static Map<String, Object> of(CheckpointFamily family, Map<String, Map<String, Object>> configs,
      Map<String, Object> scheduler, Noise noise, Map<String, String> pads) {
    Map<String, Object> vae = configs.get("vae");
    Map<String, Object> params = new LinkedHashMap<>();
    params.put("linear_start", scheduler.getOrDefault("beta_start", 0.0001));
    params.put("linear_end", scheduler.getOrDefault("beta_end", 0.02));
    params.put("timesteps", scheduler.getOrDefault("num_train_timesteps", 1000));
    params.put("parameterization", "v_prediction".equals(scheduler.get("prediction_type")) ? "v" : "eps");
    params.put("scale_factor", vae.getOrDefault("scaling_factor", 0.18215));
    Map<String, Object> unet = params(unet(configs.get("unet"), family));
    params.put(family.isXl() ? "network_config" : "unet_config", unet);
    Map<String, Object> firstStage = new LinkedHashMap<>();
    firstStage.put("embed_dim", vae.get("latent_channels"));
    firstStage.put("ddconfig", autoencoder(vae));
    params.put("first_stage_config", params(firstStage));
    if (noise != null) {
      Map<String, Object> levels = new LinkedHashMap<>();
      levels.put("linear_start", noise.scheduler.getOrDefault("beta_start", 0.0001));
      levels.put("linear_end", noise.scheduler.getOrDefault("beta_end", 0.02));
      levels.put("timesteps", noise.scheduler.getOrDefault("num_train_timesteps", 1000));
      Map<String, Object> low = new LinkedHashMap<>();
      low.put("noise_schedule_config", levels);
      low.put("max_noise_level", noise.most);
      Map<String, Object> config = params(low);
      config.put("target", "ldm.modules.diffusionmodules.upscaling.ImageConcatWithNoiseAugmentation");
      params.put("low_scale_config", config);
    }
    Map<String, Object> text = configs.getOrDefault("text_encoder", configs.get("text_encoder_2"));
    Map<String, Object> encoder = new LinkedHashMap<>();
    encoder.put("heads", text.get("num_attention_heads"));
    encoder.put("layers", text.get("num_hidden_layers"));
    pads.forEach((name, pad) -> encoder.put(name.replace("text_encoder", "pad"), pad));
    params.put("cond_stage_config", params(encoder));
    if (family.isXl()) {
      Map<String, Object> sizes = new LinkedHashMap<>();
      sizes.put("target", "sgm.modules.encoders.modules.ConcatTimestepEmbedderND");
      sizes.put("params", Map.of("outdim", configs.get("unet").get("addition_time_embed_dim")));
      params.put("conditioner_config", params(Map.of("emb_models", List.of(sizes))));
    }
    Map<String, Object> model = new LinkedHashMap<>();
    model.put("target", family.isXl() ? "sgm.models.diffusion.DiffusionEngine"
        : "ldm.models.diffusion.ddpm.LatentDiffusion");
    model.put("params", params);
    return Map.of("model", model);
  }

  private static Map<String, Object> params(Map<String, Object> params) {
    return new LinkedHashMap<>(Map.of("params", params));
  }

  private static Map<String, Object> unet(Map<String, Object> config, CheckpointFamily family) {
    List<?> channels = (List<?>) config.get("block_out_channels");
    int first = (Integer) channels.getFirst();
    List<?> blocks = (List<?>) config.get("down_block_types");
    Map<String, Object> unet = new LinkedHashMap<>();
    unet.put("image_size", config.get("sample_size"));
    unet.put("in_channels", config.get("in_channels"));
    unet.put("out_channels", config.get("out_channels"));
    unet.put("model_channels", first);
    unet.put("channel_mult", channels.stream().map(each -> (Integer) each / first).toList());
    unet.put("num_res_blocks", config.get("layers_per_block"));
    unet.put("attention_resolutions", IntStream.range(0, blocks.size())
        .filter(i -> String.valueOf(blocks.get(i)).startsWith("CrossAttn")).map(i -> 1 << i).boxed().toList());
    Object heads = config.get("num_attention_heads") != null ? config.get("num_attention_heads")
        : config.getOrDefault("attention_head_dim", 8); // by that name diffusers means heads
    if (heads instanceof Integer) {
      unet.put("num_heads", heads);
    } else {
      unet.put("num_head_channels", first / (Integer) ((List<?>) heads).getFirst());
    }
    unet.put("use_spatial_transformer", true);
    unet.put("use_linear_in_transformer", config.getOrDefault("use_linear_projection", false));
    unet.put("transformer_depth", depths(config, channels.size()));
    unet.put("context_dim", config.get("cross_attention_dim"));
    Object onlyCross = config.getOrDefault("only_cross_attention", false);
    if (!Boolean.FALSE.equals(onlyCross)) {
      unet.put("disable_self_attentions",
          onlyCross instanceof List<?> ? onlyCross : Collections.nCopies(channels.size(), onlyCross));
    }
    if (config.get("num_class_embeds") != null) {
      unet.put("num_classes", config.get("num_class_embeds"));
    }
    if (family.isXl()) {
      unet.put("num_classes", "sequential");
      unet.put("adm_in_channels", config.get("projection_class_embeddings_input_dim"));
    }
    unet.put("norm_groups", config.getOrDefault("norm_num_groups", 32));
    return unet;
  }

  private static Object depths(Map<String, Object> config, int levels) {
    Object depths = config.getOrDefault("transformer_layers_per_block", 1);
    return depths instanceof List<?> list && list.size() == levels ? new ArrayList<>(list) : depths;
  }

  private static Map<String, Object> autoencoder(Map<String, Object> config) {
    List<?> channels = (List<?>) config.get("block_out_channels");
    int first = (Integer) channels.getFirst();
    Map<String, Object> autoencoder = new LinkedHashMap<>();
    autoencoder.put("double_z", true);
    autoencoder.put("z_channels", config.get("latent_channels"));
    autoencoder.put("resolution", config.getOrDefault("sample_size", 256));
    autoencoder.put("in_channels", config.get("in_channels"));
    autoencoder.put("out_ch", config.get("out_channels"));
    autoencoder.put("ch", first);
    autoencoder.put("ch_mult", channels.stream().map(each -> (Integer) each / first).toList());
    autoencoder.put("num_res_blocks", config.get("layers_per_block"));
    autoencoder.put("attn_resolutions", List.of());
    autoencoder.put("dropout", 0.0);
    autoencoder.put("norm_groups", config.getOrDefault("norm_num_groups", 32));
    return autoencoder;
  }
}
