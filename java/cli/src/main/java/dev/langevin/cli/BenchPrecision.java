package dev.langevin.cli;

import dev.langevin.backend.Precision;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** What a coarser precision costs in likeness: the same prompts and seeds in both. */
@Command(name = "precision", header = "Tells what a coarser precision costs in likeness.",
    footer = {"langevin bench precision", "langevin bench precision sd15 --precision bf16 --count 4"},
    mixinStandardHelpOptions = true,
    description = "Makes the same pictures in f32 and less and tells how alike they are: the relative error after one"
        + " step and at the end, in"
        + " latents, and PSNR and SSIM of the pictures.")
final class BenchPrecision implements Callable<Integer> {

  @Parameters(arity = "0..1", paramLabel = "DIR", description = "A diffusers folder; without it the model in the jar.")
  private Path model;

  @Option(names = "--prompts", paramLabel = "FILE", description = "A prompt a line; without it a few.")
  private Path prompts;

  @Option(names = "--count", paramLabel = "N", defaultValue = "10",
      description = "Prompts that are taken (${DEFAULT-VALUE}).")
  private int count;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "20",
      description = "Steps of the sampler (${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--precision", paramLabel = "P", defaultValue = "int8",
      description = "bf16 or int8 (${DEFAULT-VALUE}).")
  private Precision precision;

  @Option(names = "--size", paramLabel = "WxH", description = "Size of the pictures; without it the model's own.")
  private Size size;

  @Override
  public Integer call() throws IOException {
    Path folder = model == null ? EmbeddedModel.EMOJI.unpack() : model;
    List<String> texts =
        prompts == null ? List.of("a red apple", "a smiling face", "a house", "a blue car", "a dog", "a guitar")
            : Files.readAllLines(prompts).stream().filter(line -> !line.isBlank()).toList();
    texts = texts.subList(0, Math.min(count, texts.size()));
    List<Generation> exact = generate(folder, texts, Precision.F32);
    List<Generation> coarse = generate(folder, texts, precision);
    double[] psnr = new double[texts.size()];
    double[] ssim = new double[texts.size()];
    System.out.printf("%-40s %10s %10s %9s %7s%n", "", "one step", "latents", "PSNR, dB", "SSIM");
    for (int i = 0; i < psnr.length; i++) {
      Likeness likeness = Likeness.of(exact.get(2 * i + 1).image(0), coarse.get(2 * i + 1).image(0));
      psnr[i] = likeness.psnr();
      ssim[i] = likeness.ssim();
      System.out.printf(Locale.ROOT, "%-40s %10.5f %10.5f %9.2f %7.4f%n", texts.get(i),
          error(exact.get(2 * i).latents(), coarse.get(2 * i).latents()),
          error(exact.get(2 * i + 1).latents(), coarse.get(2 * i + 1).latents()),
          psnr[i], ssim[i]);
    }
    java.util.Arrays.sort(psnr);
    java.util.Arrays.sort(ssim);
    System.out.printf(Locale.ROOT, "%-62s %9.2f %7.4f%n%-62s %9.2f %7.4f%n", "least", psnr[0], ssim[0], "median",
        psnr[psnr.length / 2],
        ssim[ssim.length / 2]);
    return 0;
  }

  /** For each prompt what one step gives, and what all give. */
  private List<Generation> generate(Path folder, List<String> texts, Precision precision) {
    List<Generation> made = new ArrayList<>();
    try (Pipeline diffusion = Pipelines.open(folder, LoadOptions.builder().precision(precision).build())) {
      for (String text : texts) {
        for (int each : new int[] {1, steps}) {
          GenerationRequest.Builder request = GenerationRequest.prompt(text).steps(each).seed(1);
          if (model == null) {
            request.guidance(EmbeddedModel.EMOJI_GUIDANCE);
          }
          if (size != null) {
            request.size(size.width(), size.height());
          }
          made.add(diffusion.generate(request.build()));
        }
      }
    }
    return made;
  }

  /** Root mean square of the difference, relative to that of the values. */
  private static double error(Tensor expected, Tensor got) {
    float[] a = expected.toFloats();
    float[] b = got.toFloats();
    double difference = 0;
    double size = 0;
    for (int i = 0; i < a.length; i++) {
      difference += (a[i] - b[i]) * (a[i] - b[i]);
      size += a[i] * a[i];
    }
    return Math.sqrt(difference / size);
  }
}
