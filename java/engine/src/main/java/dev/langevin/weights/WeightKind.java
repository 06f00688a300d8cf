package dev.langevin.weights;

import dev.langevin.tensor.Shape;
import java.util.IntSummaryStatistics;
import java.util.List;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a file of weights is for, by its tensors' names. The first kind whose pattern one of the names matches is taken.
 */
public enum WeightKind {
  /** A whole model: U-Net, autoencoder and text encoder, as Stable Diffusion's authors name them. */
  CHECKPOINT("single file in the original naming", "model\\.diffusion_model\\..*"),
  /** A control network alone, as its authors name it. */
  CONTROL_NET_ORIGINAL("ControlNet in the original naming", "control_model\\..*"),
  /** A control network alone, as diffusers names it. */
  CONTROL_NET("ControlNet", "(controlnet_cond_embedding|controlnet_down_blocks)\\..*"),
  /** LoHa, LoKr and OFT, as LyCORIS names them. */
  LYCORIS("LyCORIS", ".*\\.(hada_w1_a|hada_w2_a|lokr_w1(_a)?|lokr_w2(_a)?|oft_blocks|oft_diag)"
      + "|lora_(unet|te\\d?)_.*\\.(a1\\.weight|diff|diff_b|set_weight|w_norm|b_norm)"),
  /** LoRA of kohya's sd-scripts. */
  LORA_KOHYA("LoRA in kohya's naming",
      "(lora_(unet|te\\d?)_|lycoris_|diffusion_model\\.).*\\.(lora_down\\.weight|lora_up\\.weight)"),
  /** LoRA of cloneofsimo's trainer. */
  LORA_CLONEOFSIMO("LoRA in cloneofsimo's naming", "(unet|text_encoder):\\d+:(up|down)"),
  /** LoRA of diffusers' attention processors. */
  LORA_PROCESSORS("LoRA in the naming of diffusers' attention processors",
      ".*\\.processor\\..*_lora\\.(down|up)\\.weight"),
  /** LoRA as PEFT names it. */
  LORA_PEFT("LoRA in PEFT's naming", ".*\\.lora_[AB](\\..*)?\\.weight"),
  /** LoRA as diffusers named it before PEFT. */
  LORA_DIFFUSERS("LoRA in diffusers' naming", ".*\\.(lora|lora_linear_layer)\\.(down|up)\\.weight"),
  /** An IP-Adapter: the projection of the picture's embedding, and keys and values of the cross-attention. */
  IP_ADAPTER("IP-Adapter", "(ip_adapter|image_proj)\\..*"),
  /** What is left of a checkpoint in the original naming without its U-Net. */
  REST("a checkpoint without a U-Net", "(model_ema|cond_stage_model|conditioner)\\..*"),
  /** An autoencoder alone, as Stable Diffusion's authors name it. */
  VAE_ORIGINAL("VAE only, in the original naming", "(first_stage_model\\.)?(encoder|decoder)\\.mid\\.block_1\\..*"),
  /** Half of a tiny autoencoder (TAESD), as its author names it. */
  TINY_VAE("tiny autoencoder's encoder or decoder in its author's naming", "\\d+\\.conv\\.\\d+\\.weight"),
  /** An autoencoder alone, as diffusers names it. */
  VAE("VAE only", "(encoder|decoder)\\.mid_block\\.resnets\\.0\\..*"),
  /** A U-Net alone, as diffusers names it. */
  UNET("U-Net only", "down_blocks\\.\\d+\\.resnets\\..*"),
  /** CLIP's encoder of pictures. */
  IMAGE_ENCODER("CLIP image encoder", "vision_model\\..*"),
  /** CLIP's encoder of texts. */
  TEXT_ENCODER("CLIP text encoder", "(text_model\\.)?encoder\\.layers\\.\\d+\\.self_attn\\..*"),
  /** Learned tokens. */
  TEXTUAL_INVERSION("textual inversion", "emb_params|string_to_param\\..*|clip_[lg]|<[^>]*>"),
  /** None of the others. */
  UNKNOWN("unknown", null);

  /** Reads the text's tokens: its width tells the family. */
  private static final Pattern CONTEXT =
      Pattern.compile(".*attn2[._].*to_k(\\.weight|.*(lora_down|lora_A|lora\\.down).*\\.weight)");

  /** What an update multiplies first: (rank, inputs). */
  private static final Pattern DOWN =
      Pattern.compile(".*(lora_down|lora_A|lora\\.down|lora_linear_layer\\.down).*\\.weight|.*:down");

  private final String label;
  private final Pattern pattern;

  WeightKind(String label, String pattern) {
    this.label = label;
    this.pattern = pattern == null ? null : Pattern.compile(pattern);
  }

  /** In words. */
  public String label() {
    return label;
  }

  /** The first of these, in their order, that one of the file's names tells; {@link #UNKNOWN} where none does. */
  public static WeightKind of(NamedTensors file) {
    for (WeightKind kind : values()) {
      if (kind.pattern != null && matching(file, kind.pattern).findAny().isPresent()) {
        return kind;
      }
    }
    // learned words by names of their own
    boolean words = !file.names().isEmpty() && file.names().size() <= 2
        && file.names().stream().allMatch(name -> family(file.tensor(name).shape()).isPresent());
    return words ? TEXTUAL_INVERSION : UNKNOWN;
  }

  private static Stream<String> matching(NamedTensors file, Pattern pattern) {
    return file.names().stream().filter(name -> pattern.matcher(name).matches());
  }

  /** The family that the weights were made for, where the width of what they read tells it. */
  public Optional<CheckpointFamily> family(NamedTensors file) {
    if (this == TEXTUAL_INVERSION) {
      List<String> names = List.copyOf(file.names());
      return names.contains("clip_g") ? Optional.of(CheckpointFamily.SDXL)
          : family(file.tensor(names.getFirst()).shape());
    }
    return matching(file, CONTEXT).findFirst().flatMap(name -> {
      Shape shape = file.tensor(name).shape();
      return shape.rank() < 2 ? Optional.empty() : CheckpointFamily.ofContext(shape.dim(1));
    });
  }

  /** Of a learned word: a vector or several. */
  private static Optional<CheckpointFamily> family(Shape shape) {
    return shape.rank() < 1 || shape.rank() > 2 ? Optional.empty() : CheckpointFamily.ofContext(shape.dim(-1));
  }

  /** The ranks of low-rank updates, such as {@code 4} or {@code 4 to 16}; empty where there are none. */
  public static String ranks(NamedTensors file) {
    IntSummaryStatistics ranks =
        matching(file, DOWN).map(name -> file.tensor(name).shape()).filter(shape -> shape.rank() >= 2)
            .mapToInt(shape -> shape.intDim(0)).summaryStatistics();
    return ranks.getCount() == 0 ? "" : ranks.getMin() == ranks.getMax() ? "" + ranks.getMin()
        : ranks.getMin() + " to " + ranks.getMax();
  }
}
