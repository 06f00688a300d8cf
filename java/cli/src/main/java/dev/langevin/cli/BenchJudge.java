package dev.langevin.cli;

import dev.langevin.image.Images;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.GenerationRequest;
import dev.langevin.training.data.emoji.EmojiDataset;
import dev.langevin.training.data.source.NewFolder;
import java.awt.Graphics2D;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Whether who sees a picture can tell its prompt among ten. */
@Command(name = "judge", header = "Draws pictures whose prompts somebody is to tell.",
    footer = {"langevin bench judge --out target/judge", "langevin bench judge --answers answers.txt"},
    mixinStandardHelpOptions = true,
    description = "Makes a picture of each prompt and draws them without their prompts, numbered and in an order of the"
        + " seed, with ten prompts for each, among which is the right one. With --answers it tells how many of the"
        + " answers are right; the same prompts and seed give the same order.")
final class BenchJudge implements Callable<Integer> {

  private static final int A_ROW = 5;
  private static final int ROWS = 4;
  private static final int LARGER_THAN = 180;

  @Parameters(arity = "0..1", paramLabel = "DIR", description = "A diffusers folder; without it the model in the jar.")
  private Path model;

  @Option(names = "--prompts", paramLabel = "FILE",
      description = "Prompts, one a line, at least ten; without it the hundred of langevin dataset emoji.")
  private Path prompts;

  @Option(names = "--out", paramLabel = "DIR",
      description = "Gets sheets of 20 pictures, and candidates.txt; it must not exist, or be empty (none).")
  private Path out;

  @Option(names = "--answers", paramLabel = "FILE",
      description = "A line a picture: its number and the letter of the prompt that it shows (none).")
  private Path answers;

  @Option(names = "--steps", paramLabel = "N", defaultValue = "20",
      description = "Steps of the sampler (${DEFAULT-VALUE}).")
  private int steps;

  @Option(names = "--sampler", paramLabel = "NAME",
      description = "Sampler, as of langevin generate; without it the model's own.")
  private String sampler;

  @Option(names = "--guidance", paramLabel = "X", description = "Classifier-free guidance; without it the model's.")
  private Double guidance;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "1",
      description = "Seed of the order, of the candidates and of each picture (${DEFAULT-VALUE}).")
  private long seed;

  @Override
  public Integer call() throws IOException {
    if ((out == null) == (answers == null)) {
      throw new IllegalArgumentException("give either --out for the sheets or --answers to count those that are right");
    }
    List<String> texts = prompts == null ? EmojiDataset.prompts()
        : PromptFile.lines(prompts).stream().map(String::strip).filter(line -> !line.isEmpty()).toList();
    JudgeSheets sheets = JudgeSheets.of(texts, seed);
    Output.seed(seed);
    if (answers != null) {
      count(sheets);
      return 0;
    }
    NewFolder.write(out, folder -> {
      Files.writeString(folder.resolve("candidates.txt"), sheets.text());
      draw(generate(sheets.order()), folder);
    });
    return 0;
  }

  private void count(JudgeSheets sheets) throws IOException {
    List<String> named = sheets.named(PromptFile.lines(answers));
    int right = 0;
    for (int n = 0; n < named.size(); n++) {
      String own = sheets.order().get(n);
      if (named.get(n).equals(own)) {
        right++;
      } else {
        System.out.printf("%4d: %s, was taken for %s%n", n + 1, own, named.get(n));
      }
    }
    System.out.printf(Locale.ROOT, "%d of %d are right%n", right, named.size());
    Output.result("right", right);
    Output.result("pictures", named.size());
  }

  private List<BufferedImage> generate(List<String> order) throws IOException {
    GridPicture.requireFont();
    List<BufferedImage> made = new ArrayList<>();
    try (Pipeline pipeline = Pipelines.open(model == null ? EmbeddedModel.EMOJI.unpack() : model);
        Progress bar = Progress.of("drawing", "pictures", 0, order.size())) {
      for (String prompt : order) {
        GenerationRequest request = GenerationRequest.prompt(prompt).steps(steps).sampler(sampler).seed(seed)
            .guidance(guidance == null && model == null ? (Double) EmbeddedModel.EMOJI_GUIDANCE : guidance).build();
        made.add(enlarged(pipeline.generate(request).image(0)));
        bar.stepTo(made.size());
      }
    }
    return made;
  }

  /** So many times as wide and high that small pictures can be seen. */
  private static BufferedImage enlarged(BufferedImage image) {
    int times = Math.ceilDiv(LARGER_THAN, image.getWidth());
    BufferedImage large =
        new BufferedImage(times * image.getWidth(), times * image.getHeight(), BufferedImage.TYPE_INT_RGB);
    Graphics2D g = large.createGraphics();
    g.drawImage(image, 0, 0, large.getWidth(), large.getHeight(), null);
    g.dispose();
    return large;
  }

  /** Each picture below its number. */
  private static void draw(List<BufferedImage> pictures, Path folder) {
    for (int from = 0; from < pictures.size(); from += A_ROW * ROWS) {
      List<BufferedImage> rows = new ArrayList<>();
      for (int at = from; at < Math.min(from + A_ROW * ROWS, pictures.size()); at += A_ROW) {
        int first = at + 1;
        List<BufferedImage> row = pictures.subList(at, Math.min(at + A_ROW, pictures.size()));
        List<String> numbers = IntStream.range(0, row.size()).mapToObj(i -> String.valueOf(first + i)).toList();
        rows.add(new GridPicture(numbers, List.of(""), List.of("")).draw(row));
      }
      Images.writePng(Images.grid(rows, 1, 0), folder.resolve("sheet-" + (from / (A_ROW * ROWS) + 1) + ".png"));
    }
  }
}
