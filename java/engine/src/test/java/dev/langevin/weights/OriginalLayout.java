package dev.langevin.weights;

import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Names and shapes that the original code gives a model's tensors, written down from its published structure and
 * configurations (arXiv:2112.10752, arXiv:2307.01952), with no use of the tables under test.
 */
final class OriginalLayout {

  final Map<String, long[]> shapes = new LinkedHashMap<>();

  /** Stable Diffusion 1: 9 input channels are inpainting's. */
  static OriginalLayout sd1(int inChannels) {
    OriginalLayout layout = new OriginalLayout();
    layout.unet(inChannels, 320, new int[] {1, 2, 4, 4}, new int[] {1, 1, 1, 0}, 1, 768, 0, false);
    layout.vae();
    layout.clip("cond_stage_model.transformer.text_model.", 768, 12);
    return layout;
  }

  static OriginalLayout sd2() {
    OriginalLayout layout = new OriginalLayout();
    layout.unet(4, 320, new int[] {1, 2, 4, 4}, new int[] {1, 1, 1, 0}, 1, 1024, 0, true);
    layout.vae();
    layout.openClip("cond_stage_model.model.", 1024, 24);
    return layout;
  }

  static OriginalLayout sdxl() {
    OriginalLayout layout = new OriginalLayout();
    layout.unet(4, 320, new int[] {1, 2, 4}, new int[] {0, 2, 10}, 10, 2048, 2816, true);
    layout.vae();
    layout.clip("conditioner.embedders.0.transformer.text_model.", 768, 12);
    layout.openClip("conditioner.embedders.1.model.", 1280, 32);
    return layout;
  }

  static OriginalLayout refiner() {
    OriginalLayout layout = new OriginalLayout();
    layout.unet(4, 384, new int[] {1, 2, 4, 4}, new int[] {0, 4, 4, 0}, 4, 1280, 2560, true);
    layout.vae();
    layout.openClip("conditioner.embedders.0.model.", 1280, 32);
    return layout;
  }

  /** @param depths transformer blocks of each size, 0 for no attention */
  private void unet(
      int inChannels, int width, int[] multiples, int[] depths, int middleDepth, int context, int adm, boolean linear) {
    String p = "model.diffusion_model.";
    int time = 4 * width;
    linear(p + "time_embed.0", time, width);
    linear(p + "time_embed.2", time, time);
    if (adm > 0) {
      linear(p + "label_emb.0.0", time, adm);
      linear(p + "label_emb.0.2", time, time);
    }
    conv(p + "input_blocks.0.0", width, inChannels, 3);
    ArrayDeque<Integer> skips = new ArrayDeque<>();
    skips.push(width);
    int channels = width;
    int n = 1;
    for (int level = 0; level < multiples.length; level++) {
      for (int layer = 0; layer < 2; layer++, n++) {
        int out = width * multiples[level];
        resnet(p + "input_blocks." + n + ".0.", channels, out, time);
        channels = out;
        transformer(p + "input_blocks." + n + ".1.", channels, depths[level], context, linear);
        skips.push(channels);
      }
      if (level < multiples.length - 1) {
        conv(p + "input_blocks." + n++ + ".0.op", channels, channels, 3);
        skips.push(channels);
      }
    }
    resnet(p + "middle_block.0.", channels, channels, time);
    transformer(p + "middle_block.1.", channels, middleDepth, context, linear);
    resnet(p + "middle_block.2.", channels, channels, time);
    n = 0;
    for (int level = multiples.length - 1; level >= 0; level--) {
      for (int layer = 0; layer < 3; layer++, n++) {
        int out = width * multiples[level];
        resnet(p + "output_blocks." + n + ".0.", channels + skips.pop(), out, time);
        channels = out;
        transformer(p + "output_blocks." + n + ".1.", channels, depths[level], context, linear);
        if (layer == 2 && level > 0) {
          conv(p + "output_blocks." + n + (depths[level] > 0 ? ".2.conv" : ".1.conv"), channels, channels, 3);
        }
      }
    }
    norm(p + "out.0", width);
    conv(p + "out.2", 4, width, 3);
  }

  private void resnet(String p, int in, int out, int time) {
    norm(p + "in_layers.0", in);
    conv(p + "in_layers.2", out, in, 3);
    linear(p + "emb_layers.1", out, time);
    norm(p + "out_layers.0", out);
    conv(p + "out_layers.3", out, out, 3);
    if (in != out) {
      conv(p + "skip_connection", out, in, 1);
    }
  }

  private void transformer(String p, int channels, int depth, int context, boolean linear) {
    if (depth == 0) {
      return;
    }
    norm(p + "norm", channels);
    for (String end : new String[] {"proj_in", "proj_out"}) {
      if (linear) {
        linear(p + end, channels, channels);
      } else {
        conv(p + end, channels, channels, 1);
      }
    }
    for (int k = 0; k < depth; k++) {
      String b = p + "transformer_blocks." + k + ".";
      for (String attention : new String[] {"attn1", "attn2"}) {
        int read = attention.equals("attn1") ? channels : context;
        shapes.put(b + attention + ".to_q.weight", new long[] {channels, channels});
        shapes.put(b + attention + ".to_k.weight", new long[] {channels, read});
        shapes.put(b + attention + ".to_v.weight", new long[] {channels, read});
        linear(b + attention + ".to_out.0", channels, channels);
      }
      linear(b + "ff.net.0.proj", 8 * channels, channels);
      linear(b + "ff.net.2", channels, 4 * channels);
      for (int i = 1; i <= 3; i++) {
        norm(b + "norm" + i, channels);
      }
    }
  }

  private void vae() {
    String p = "first_stage_model.";
    int[] widths = {128, 256, 512, 512};
    conv(p + "encoder.conv_in", 128, 3, 3);
    int channels = 128;
    for (int level = 0; level < 4; level++) {
      for (int layer = 0; layer < 2; layer++) {
        plainResnet(p + "encoder.down." + level + ".block." + layer + ".", channels, widths[level]);
        channels = widths[level];
      }
      if (level < 3) {
        conv(p + "encoder.down." + level + ".downsample.conv", channels, channels, 3);
      }
    }
    vaeMiddle(p + "encoder.");
    norm(p + "encoder.norm_out", 512);
    conv(p + "encoder.conv_out", 8, 512, 3);
    conv(p + "decoder.conv_in", 512, 4, 3);
    vaeMiddle(p + "decoder.");
    for (int level = 3; level >= 0; level--) {
      for (int layer = 0; layer < 3; layer++) {
        plainResnet(p + "decoder.up." + level + ".block." + layer + ".", channels, widths[level]);
        channels = widths[level];
      }
      if (level > 0) {
        conv(p + "decoder.up." + level + ".upsample.conv", channels, channels, 3);
      }
    }
    norm(p + "decoder.norm_out", 128);
    conv(p + "decoder.conv_out", 3, 128, 3);
    conv(p + "quant_conv", 8, 8, 1);
    conv(p + "post_quant_conv", 4, 4, 1);
  }

  private void vaeMiddle(String p) {
    plainResnet(p + "mid.block_1.", 512, 512);
    norm(p + "mid.attn_1.norm", 512);
    for (String layer : new String[] {"q", "k", "v", "proj_out"}) {
      conv(p + "mid.attn_1." + layer, 512, 512, 1);
    }
    plainResnet(p + "mid.block_2.", 512, 512);
  }

  private void plainResnet(String p, int in, int out) {
    norm(p + "norm1", in);
    conv(p + "conv1", out, in, 3);
    norm(p + "norm2", out);
    conv(p + "conv2", out, out, 3);
    if (in != out) {
      conv(p + "nin_shortcut", out, in, 1);
    }
  }

  private void clip(String p, int width, int layers) {
    shapes.put(p + "embeddings.position_ids", new long[] {1, 77});
    shapes.put(p + "embeddings.token_embedding.weight", new long[] {49408, width});
    shapes.put(p + "embeddings.position_embedding.weight", new long[] {77, width});
    for (int i = 0; i < layers; i++) {
      String layer = p + "encoder.layers." + i + ".";
      for (String projection : new String[] {"k_proj", "v_proj", "q_proj", "out_proj"}) {
        linear(layer + "self_attn." + projection, width, width);
      }
      norm(layer + "layer_norm1", width);
      linear(layer + "mlp.fc1", 4 * width, width);
      linear(layer + "mlp.fc2", width, 4 * width);
      norm(layer + "layer_norm2", width);
    }
    norm(p + "final_layer_norm", width);
  }

  void openClip(String p, int width, int layers) {
    shapes.put(p + "positional_embedding", new long[] {77, width});
    shapes.put(p + "text_projection", new long[] {width, width});
    shapes.put(p + "logit_scale", new long[] {});
    for (int i = 0; i < layers; i++) {
      String block = p + "transformer.resblocks." + i + ".";
      norm(block + "ln_1", width);
      shapes.put(block + "attn.in_proj_weight", new long[] {3L * width, width});
      shapes.put(block + "attn.in_proj_bias", new long[] {3L * width});
      linear(block + "attn.out_proj", width, width);
      norm(block + "ln_2", width);
      linear(block + "mlp.c_fc", 4 * width, width);
      linear(block + "mlp.c_proj", width, 4 * width);
    }
    shapes.put(p + "token_embedding.weight", new long[] {49408, width});
    norm(p + "ln_final", width);
  }

  private void conv(String name, int out, int in, int kernel) {
    shapes.put(name + ".weight", new long[] {out, in, kernel, kernel});
    shapes.put(name + ".bias", new long[] {out});
  }

  private void linear(String name, int out, int in) {
    shapes.put(name + ".weight", new long[] {out, in});
    shapes.put(name + ".bias", new long[] {out});
  }

  private void norm(String name, int width) {
    shapes.put(name + ".weight", new long[] {width});
    shapes.put(name + ".bias", new long[] {width});
  }
}
