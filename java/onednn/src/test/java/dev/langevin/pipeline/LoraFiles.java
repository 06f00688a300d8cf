package dev.langevin.pipeline;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.weights.SafetensorsWriter;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/** Files of updates of every kind for the small Stable Diffusion model, of numbers drawn by a seed. */
enum LoraFiles {

  /** Of one attention and of the text encoder. */
  LORA {
    @Override
    void put(Map<String, Shape> tensors) {
      lowRank(tensors, ATTENTION, 16, 16);
      lowRank(tensors, TEXT, 32, 32);
    }
  },
  /** Of the text encoder alone. */
  TEXT_ALONE {
    @Override
    void put(Map<String, Shape> tensors) {
      lowRank(tensors, TEXT, 32, 32);
    }
  },
  LOHA {
    @Override
    void put(Map<String, Shape> tensors) {
      for (String side : new String[] {"hada_w1", "hada_w2"}) {
        tensors.put(ATTENTION + side + "_a", Shape.of(16, 2));
        tensors.put(ATTENTION + side + "_b", Shape.of(2, 16));
      }
    }
  },
  LOKR {
    @Override
    void put(Map<String, Shape> tensors) {
      tensors.put(ATTENTION + "lokr_w1", Shape.of(4, 4));
      tensors.put(ATTENTION + "lokr_w2", Shape.of(4, 4));
    }
  },
  DORA {
    @Override
    void put(Map<String, Shape> tensors) {
      lowRank(tensors, ATTENTION, 16, 16);
      tensors.put(ATTENTION + "dora_scale", Shape.of(16, 1));
    }
  },
  /** Whole differences of a convolution, its bias and a norm. */
  DIFFERENCES {
    @Override
    void put(Map<String, Shape> tensors) {
      tensors.put("lora_unet_conv_in.diff", Shape.of(8, 4, 3, 3));
      tensors.put("lora_unet_conv_in.diff_b", Shape.of(8));
      tensors.put("lora_unet_mid_block_attentions_0_norm.w_norm", Shape.of(16));
      tensors.put("lora_unet_mid_block_attentions_0_norm.b_norm", Shape.of(16));
    }
  },
  /** A weight in another's place. */
  REPLACEMENT {
    @Override
    void put(Map<String, Shape> tensors) {
      tensors.put("lora_unet_conv_out.set_weight", Shape.of(4, 8, 3, 3));
    }
  },
  /** With a learned token within. */
  BUNDLE {
    @Override
    void put(Map<String, Shape> tensors) {
      lowRank(tensors, ATTENTION, 16, 16);
      tensors.put("bundle_emb.hat.string_to_param.*", Shape.of(2, 32));
    }
  };

  private static final String ATTENTION = "lora_unet_mid_block_attentions_0_transformer_blocks_0_attn2_to_q.";

  private static final String TEXT = "lora_te_text_model_encoder_layers_0_self_attn_q_proj.";

  abstract void put(Map<String, Shape> tensors);

  private static void lowRank(Map<String, Shape> tensors, String layer, int out, int in) {
    tensors.put(layer + "lora_down.weight", Shape.of(2, in));
    tensors.put(layer + "lora_up.weight", Shape.of(out, 2));
  }

  /** Writes a file, whole or not at all. */
  Path write(Path file, int seed) {
    Map<String, Shape> tensors = new LinkedHashMap<>();
    put(tensors);
    write(file, tensors, seed);
    return file;
  }

  static void write(Path file, Map<String, Shape> tensors, int seed) {
    Random random = new Random(seed);
    SafetensorsWriter.write(file, tensors, DType.F32, Map.of(), (name, shape, first, chunk, count) -> {
      for (int i = 0; i < count; i++) {
        chunk[i] = (float) random.nextGaussian();
      }
    });
  }
}
