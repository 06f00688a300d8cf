package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.diffusion.samplers.Compat;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** What {@code generate} takes for models that read a text. */
final class TextOptions {

  @Option(names = "--negative", paramLabel = "TEXT", description = "What to guide away from.")
  String negative;

  @Option(names = "--size", paramLabel = "WxH",
      description = "Size of the pictures; without it the model's or the picture's own.")
  Size size;

  @Option(names = "--guidance", paramLabel = "G", description = "Scale of classifier-free guidance; 1 for none.")
  Double guidance;

  @Option(names = "--guidance-rescale", paramLabel = "R",
      description = "Share of the rescaling of guided answers, 0 to 1.")
  Double guidanceRescale;

  @Option(names = "--eta", description = "Noise of DDIM and its like, 0 to 1.")
  Double eta;

  @Option(names = "--schedule", paramLabel = "NAME",
      description = "Noise levels by their name (karras, exponential, sgm_uniform, beta, ...); without it the sampler's"
          + " own.")
  String schedule;

  @Option(names = "--compat", paramLabel = "PROGRAM",
      description = "Whose samplers, noise levels and noise are meant where programs differ: diffusers (the default),"
          + " comfy or a1111.")
  Compat compat;

  @Option(names = "--init-image", paramLabel = "FILE", description = "A picture to begin with.")
  Path initImage;

  @Option(names = "--strength", paramLabel = "X",
      description = "Share of the chain that the picture is taken back, above 0 to 1.")
  Double strength;

  @Option(names = "--mask", paramLabel = "FILE", description = "White where the picture is painted anew.")
  Path mask;

  @Option(names = "--control", paramLabel = "FILE", description = "A picture for a control network; repeatable.")
  List<Path> controls = new ArrayList<>();

  @Option(names = "--controlnet", paramLabel = "DIR",
      description = "A control network's folder; one for each --control.")
  List<Path> controlNets = new ArrayList<>();

  @Option(names = "--control-scale", paramLabel = "S",
      description = "Influence of a control picture (1); one for each, or one for all.")
  List<Double> controlScales = new ArrayList<>();

  @Option(names = "--lora", paramLabel = "FILE[:W]", description = "Low-rank updates and their weight (1); repeatable.")
  List<String> loras = new ArrayList<>();

  @Option(names = "--embedding", paramLabel = "FILE[=TOKEN]",
      description = "A learned token and what prompts call it, without which its file's own name; repeatable.")
  List<String> embeddings = new ArrayList<>();

  @Option(names = "--image-prompt", paramLabel = "FILE", description = "A picture as a prompt, with --ip-adapter.")
  Path imagePrompt;

  @Option(names = "--image-prompt-scale", paramLabel = "S", description = "Its influence (1).")
  Double imagePromptScale;

  @Option(names = "--ip-adapter", paramLabel = "FILE", description = "The IP-Adapter that reads it.")
  Path ipAdapter;

  @Option(names = "--image-encoder", paramLabel = "DIR",
      description = "Folder of its CLIP picture encoder; without it the model's own.")
  Path imageEncoder;

  @Option(names = "--clip-skip", paramLabel = "N",
      description = "The text encoder's layer that is read, counted from the end as web UIs do: 1 is the last.")
  Integer clipSkip;

  @Option(names = "--tokenizer", paramLabel = "DIR",
      description = "A tokenizer's folder for a single-file checkpoint; without it CLIP's.")
  Path tokenizer;

  @Option(names = "--original-config", paramLabel = "FILE",
      description = "The YAML file of a single-file checkpoint, for what its tensors do not tell.")
  Path originalConfig;

  @Option(names = "--vae", paramLabel = "DIR", description = "An autoencoder's folder in place of the model's own.")
  Path vae;

  @Option(names = "--vae-tiling",
      description = "Encode and decode in overlapping tiles: memory of a tile, not of the picture.")
  Boolean tiling;

  @Option(names = "--plain-prompt", description = "Brackets stand for themselves, and a long prompt is cut.")
  Boolean plain;

  @Option(names = "--precision", paramLabel = "P",
      description = "Arithmetic of the U-Net's layers: f32 (the default), bf16, which takes half of the memory, or"
          + " int8, which takes a"
          + " quarter and is the fastest where the processor has VNNI; pictures differ a little.")
  Precision precision;

  @Mixin
  PolicyOption policy = new PolicyOption();

  @Mixin
  WeightCacheOption weightCache = new WeightCacheOption();

  @Option(names = "--max-memory", paramLabel = "BYTES",
      description = "Most memory, such as 12g; more is refused before the start.")
  ByteCount maxMemory;
}
