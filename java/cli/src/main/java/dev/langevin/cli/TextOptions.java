package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.text.Emphasis;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code generate} takes for models that read a text. */
final class TextOptions {

  @Option(names = "--negative", paramLabel = "TEXT", description = "What to guide away from (nothing).")
  String negative;

  @Option(names = "--size", paramLabel = "WxH",
      description = "Size of the pictures; without it the model's or the picture's own.")
  Size size;

  @Option(names = "--guidance", paramLabel = "G",
      description = "Scale of classifier-free guidance; 1 for none; without it the family's usual, such as 7.5 of"
          + " Stable Diffusion 1.5.")
  Double guidance;

  @Option(names = "--guidance-rescale", paramLabel = "R",
      description = "Share of the rescaling of guided answers, 0 to 1 (0).")
  Double guidanceRescale;

  @Option(names = "--eta", paramLabel = "X", description = "Noise of DDIM and its like, 0 to 1 (0).")
  Double eta;

  @Option(names = "--schedule", paramLabel = "NAME",
      description = "Noise levels by their name (karras, exponential, sgm_uniform, beta, ...); without it the sampler's"
          + " own.")
  String schedule;

  @Option(names = "--compat", paramLabel = "PROGRAM",
      description = "Whose samplers, noise levels and noise are meant where programs differ: diffusers (the default),"
          + " comfy or a1111.")
  Compat compat;

  @Option(names = "--init-image", paramLabel = "FILE", description = "A picture to begin with (none).")
  Path initImage;

  @Option(names = "--strength", paramLabel = "X",
      description = "Share of the chain that the picture is taken back, above 0 to 1 (0.8, of SD XL 0.3).")
  Double strength;

  @Option(names = "--mask", paramLabel = "FILE", description = "White where the picture is painted anew (none).")
  Path mask;

  @Option(names = "--control", paramLabel = "FILE", description = "A picture for a control network; repeatable (none).")
  List<Path> controls = new ArrayList<>();

  @Option(names = "--controlnet", paramLabel = "DIR",
      description = "A control network's folder; one for each --control (none).")
  List<Path> controlNets = new ArrayList<>();

  @Option(names = "--control-scale", paramLabel = "S",
      description = "Influence of a control picture (1); one for each, or one for all.")
  List<Double> controlScales = new ArrayList<>();

  @Option(names = "--lora", paramLabel = "FILE[:W[:WTEXT]]",
      description = "LoRA, LyCORIS and their kin, a file or PEFT's folder; their weight (1), and that of the text"
          + " encoders' (W); repeatable (none).")
  List<String> loras = new ArrayList<>();

  @Option(names = "--embedding", paramLabel = "FILE[=TOKEN]",
      description = "A learned token and what prompts call it, without which its file's own name; repeatable (none).")
  List<String> embeddings = new ArrayList<>();

  @Option(names = "--image-prompt", paramLabel = "FILE",
      description = "A picture as a prompt, with --ip-adapter (none).")
  Path imagePrompt;

  @Option(names = "--image-prompt-scale", paramLabel = "S", description = "Its influence (1).")
  Double imagePromptScale;

  @Option(names = "--ip-adapter", paramLabel = "FILE", description = "The IP-Adapter that reads it (none).")
  Path ipAdapter;

  @Option(names = "--image-encoder", paramLabel = "DIR",
      description = "Folder of its CLIP picture encoder; without it the model's own.")
  Path imageEncoder;

  @Option(names = "--lora-dir", paramLabel = "DIR",
      description = "Where the files of <lora:name:weight> in prompts lie, folders within it included (none).")
  Path loraDir;

  @Option(names = "--clip-skip", paramLabel = "N",
      description = "The text encoder's layer that is read, counted from the end as web UIs do: 1 is the last, 2 the"
          + " one before, which SDXL reads by itself, also for 1 (1).")
  Integer clipSkip;

  @Option(names = "--tokenizer", paramLabel = "DIR",
      description = "A tokenizer's folder for a single-file checkpoint; without it CLIP's.")
  Path tokenizer;

  @Option(names = "--original-config", paramLabel = "FILE",
      description = "The YAML file of a single-file checkpoint, for what its tensors do not tell; without it the one"
          + " beside it, if any.")
  Path originalConfig;

  @Option(names = "--vae", paramLabel = "DIR|FILE",
      description = "An autoencoder's folder or file, in place of the model's own or of one that it lacks"
          + " (none).")
  Path vae;

  @Option(names = "--vae-tiling",
      description = "Encode and decode in overlapping tiles: memory of a tile, not of the picture.")
  Boolean tiling;

  @Option(names = "--prompt-syntax", paramLabel = "S",
      description = "Whose notation prompts are in: a1111 (the default), comfy, or plain, in which brackets stand for"
          + " themselves and a long prompt is cut.")
  PromptSyntax promptSyntax;

  @Option(names = "--plain-prompt", description = "The same as --prompt-syntax plain.")
  Boolean plain;

  @Option(names = "--emphasis", paramLabel = "E", converter = EmphasisName.class,
      description = "What weights in an a1111 prompt do: Original (the default), \"No norm\", Ignore or None.")
  Emphasis emphasis;

  @Option(names = "--wildcard-dir", paramLabel = "DIR",
      description = "Draws one of {a|b} and a line of DIR/name.txt for __name__, by each picture's seed (none).")
  Path wildcardDir;

  @Option(names = "--precision", paramLabel = "P",
      description = "Arithmetic of the U-Net's layers: f32 (usual on a processor), bf16, which takes half of the"
          + " memory, or int8, which takes a quarter and is the fastest where the processor has VNNI; of cuda alone f16"
          + " (usual there), which takes half and is the autoencoder's, too, but for SD XL's, which computes in bf16,"
          + " and tf32, which is f32 with shorter products. Pictures differ a little.")
  Precision precision;

  /** @throws IllegalArgumentException if what is given does not go together */
  PromptSyntax syntax() {
    boolean contradicts = promptSyntax != null && promptSyntax != PromptSyntax.PLAIN;
    if (Boolean.TRUE.equals(plain) && contradicts) {
      throw new IllegalArgumentException(
          "--plain-prompt contradicts --prompt-syntax " + promptSyntax.name().toLowerCase(Locale.ROOT)
              + "; give one of them");
    }
    PromptSyntax syntax =
        Boolean.TRUE.equals(plain) ? PromptSyntax.PLAIN : promptSyntax != null ? promptSyntax : PromptSyntax.A1111;
    if (emphasis != null && syntax != PromptSyntax.A1111) {
      throw new IllegalArgumentException("--emphasis is of --prompt-syntax a1111; leave it away beside "
          + syntax.name().toLowerCase(Locale.ROOT));
    }
    return syntax;
  }

  @Mixin
  HiresOptions hires = new HiresOptions();

  @Mixin
  PolicyOption policy = new PolicyOption();

  @Mixin
  WeightCacheOption weightCache = new WeightCacheOption();

  @Option(names = "--max-memory", paramLabel = "BYTES",
      description = "Most memory, such as 12g; more is refused before the start (no limit).")
  ByteCount maxMemory;
}
