package dev.langevin.cli;

import dev.langevin.image.GenerationParameters;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.ModelFacts;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.IntStream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

@Command(name = "grid", header = "Makes a picture for each value along axes, in one with labels.",
    footer = {"langevin grid \"a red apple\" --x steps=5,10,20 --y guidance=1,3,7",
        "langevin grid \"a red apple\" --x words=red,green,blue --out colours.png"},
    mixinStandardHelpOptions = true,
    description = "Makes a picture of a text for each pair, or triple, of values along axes, and puts them into one"
        + " with labels; the parts lie in a folder beside it. Axes: steps, guidance, sampler, seed, words (the first"
        + " value is what is replaced), lora (the weight of each --lora), model, strength, eta, clip-skip, size,"
        + " hires-strength, hires-steps.")
final class Grid implements Callable<Integer> {

  private static final int MOST_CELLS = 10_000;

  /** Stands for a model that was not loaded yet, where options are looked at. */
  private static final ModelFacts UNKNOWN = new ModelFacts("a model", 512, 512, 8, null, true, false, false);

  @Parameters(paramLabel = "PROMPT", description = "What the pictures are to show.")
  private String prompt;

  @Option(names = "--x", paramLabel = "AXIS=V,V...", required = true, description = "What the columns are.")
  private String x;

  @Option(names = "--y", paramLabel = "AXIS=V,V...", description = "What the rows are (one row).")
  private String y;

  @Option(names = "--z", paramLabel = "AXIS=V,V...", description = "A grid for each, one below another (one grid).")
  private String z;

  @Option(names = "--model", paramLabel = "PATH",
      description = "A diffusers folder or a single-file checkpoint; without it the embedded model of emoji.")
  private Path model;

  @Mixin
  private TextOptions text = new TextOptions();

  @Option(names = "--steps", paramLabel = "N", description = "Steps of the sampler (20).")
  private Integer steps;

  @Option(names = "--sampler", paramLabel = "NAME", description = "Sampler; without it the model's own.")
  private String sampler;

  @Option(names = "--seed", paramLabel = "N", defaultValue = "0",
      description = "Seed of the random numbers (${DEFAULT-VALUE}).")
  private long seed;

  @Option(names = "--out", paramLabel = "FILE", defaultValue = "grid.png",
      description = "The picture (${DEFAULT-VALUE}); its parts go into the folder of its name without the ending.")
  private Path out;

  @Option(names = "--allow-nan", description = "Warn of weights that are NaN or infinite instead of refusing them.")
  private boolean allowNan;

  @Mixin
  private PictureOutput output = new PictureOutput();

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backend;

  @Spec
  private CommandSpec spec;

  private List<GridAxis> axes;
  private String written; // the prompt
  private String avoided; // the negative prompt, or null

  /** What a cell asks for; its number is its place in the picture. */
  private record Cell(int number, List<Integer> at) {}

  @Override
  public Integer call() throws IOException {
    axes = List.of(GridAxis.of("--x", x), GridAxis.of("--y", y), GridAxis.of("--z", z));
    List<Cell> cells = cells();
    output.requireOne(out);
    GridPicture.requireFont();
    Path folder = folder();
    written = prompt;
    avoided = text.negative;
    Map<Path, Map<List<LoadOptions.Lora>, List<Cell>>> byModel = new LinkedHashMap<>(); // updates come by request
    for (Cell cell : cells) {
      apply(cell);
      OptionPaths.require(text, model);
      new TextToImage(text).request(UNKNOWN, prompt, 1, steps, sampler, seed).build();
      if (model != null && !Files.exists(model)) {
        throw new IllegalArgumentException("--model " + model + ": there is no such file or folder");
      }
      byModel.computeIfAbsent(model, key -> new LinkedHashMap<>())
          .computeIfAbsent(loras(), key -> new ArrayList<>()).add(cell);
    }
    Output.seed(seed);
    BufferedImage[] made = new BufferedImage[cells.size()];
    try (PictureFiles files = new PictureFiles(output.quality)) {
      for (Map<List<LoadOptions.Lora>, List<Cell>> ofModel : byModel.values()) {
        List<Cell> some = ofModel.values().stream().flatMap(List::stream).toList();
        apply(some.getFirst());
        Path path = model != null ? model : EmbeddedModel.EMOJI.unpack();
        try (Pipeline pipeline = Pipelines.open(path, new TextToImage(text).loadOptions(backend, allowNan, List.of()));
            Progress bar = Progress.ofSampling()) {
          for (Cell cell : some) {
            apply(cell);
            made[cell.number] = make(pipeline, bar, files, folder.resolve(name(cell)));
          }
        }
      }
      List<List<String>> labels = axes.stream()
          .map(axis -> IntStream.range(0, axis.values().size()).mapToObj(axis::label).toList()).toList();
      files.write(new GridPicture(labels.get(0), labels.get(1), labels.get(2)).draw(Arrays.asList(made)), out);
    }
    return 0;
  }

  /** Of {@code --lora}, then those that the prompt calls. */
  private List<LoadOptions.Lora> loras() {
    List<LoadOptions.Lora> loras = new ArrayList<>(new TextToImage(text).loras());
    loras.addAll(PromptLoras.of(prompt, text));
    return loras;
  }

  private List<Cell> cells() {
    long count = axes.stream().mapToLong(axis -> axis.values().size()).reduce(1, (a, b) -> a * b);
    if (count > MOST_CELLS) {
      throw new IllegalArgumentException(
          "the axes ask for " + count + " pictures, must be at most " + MOST_CELLS + "; give them fewer values");
    }
    for (int i = 0; i < axes.size(); i++) {
      GridAxis axis = axes.get(i);
      if (axis.kind() == GridAxis.Kind.LORA && text.loras.isEmpty()) {
        throw new IllegalArgumentException("an axis lora varies the weight of --lora; give its file");
      }
      if (axis.kind() == GridAxis.Kind.WORDS && !replaces(axis)) {
        throw new IllegalArgumentException("an axis words replaces '" + axis.values().getFirst()
            + "', which does not stand in the prompt; begin its values with words of the prompt");
      }
      for (GridAxis other : axes.subList(0, i)) {
        if (axis.kind() != null && axis.kind() == other.kind() && axis.kind() != GridAxis.Kind.WORDS) {
          throw new IllegalArgumentException("two axes vary the same; give each another");
        }
      }
    }
    List<Cell> cells = new ArrayList<>();
    for (int k = 0; k < axes.get(2).values().size(); k++) {
      for (int j = 0; j < axes.get(1).values().size(); j++) {
        for (int i = 0; i < axes.get(0).values().size(); i++) {
          cells.add(new Cell(cells.size(), List.of(i, j, k)));
        }
      }
    }
    return cells;
  }

  private boolean replaces(GridAxis axis) {
    String searched = axis.values().getFirst();
    return !searched.isEmpty()
        && (prompt.contains(searched) || text.negative != null && text.negative.contains(searched));
  }

  /** Sets the options to a cell's values; each axis sets its own at each cell. */
  private void apply(Cell cell) {
    prompt = written;
    text.negative = avoided;
    if (model == null && text.guidance == null) {
      text.guidance = EmbeddedModel.EMOJI_GUIDANCE;
    }
    for (int i = 0; i < axes.size(); i++) {
      GridAxis axis = axes.get(i);
      if (axis.kind() != null) {
        apply(axis, axis.values().get(cell.at.get(i)));
      }
    }
  }

  private void apply(GridAxis axis, String value) {
    switch (axis.kind()) {
      case STEPS -> steps = Integer.valueOf(value);
      case GUIDANCE -> text.guidance = Double.valueOf(value);
      case SAMPLER -> sampler = value;
      case SEED -> seed = Long.parseLong(value);
      case WORDS -> {
        prompt = prompt.replace(axis.values().getFirst(), value);
        text.negative = text.negative == null ? null : text.negative.replace(axis.values().getFirst(), value);
      }
      case LORA -> text.loras = text.loras.stream().map(lora -> weighted(lora, value)).toList();
      case MODEL -> model = HubPaths.local(Path.of(value));
      case STRENGTH -> text.strength = Double.valueOf(value);
      case ETA -> text.eta = Double.valueOf(value);
      case CLIP_SKIP -> text.clipSkip = Integer.valueOf(value);
      case SIZE -> text.size = new Size.Converter().convert(value);
      case HIRES_STRENGTH -> text.hires.strength = Double.valueOf(value);
      case HIRES_STEPS -> text.hires.steps = Integer.valueOf(value);
    }
  }

  /** A file of updates with another weight. */
  private static String weighted(String lora, String weight) {
    return FileArguments.lora(lora).file() + ":" + weight;
  }

  private BufferedImage make(Pipeline pipeline, Progress bar, PictureFiles files, Path file) {
    Generation made = pipeline.generate(
        new TextToImage(text).request(pipeline.facts(), prompt, 1, steps, sampler, seed).loras(loras()).build(),
        bar.listener(), new CancellationToken());
    made.warnings().forEach(Messages::warn);
    Output.seconds(made.seconds());
    BufferedImage image = made.image(0);
    String usual = sampler != null ? sampler : pipeline.facts().sampler();
    RecordedMachine.computedBy(backend, pipeline.build());
    files.write(image, usual == null ? Map.of()
        : Map.of(GenerationParameters.KEYWORD, RecordedOptions.text(spec, made, 0, usual, model,
            model == null ? null : ModelHash.get(ModelHash.usual().begin(model)))),
        file);
    return image;
  }

  /** The picture's name without its ending. */
  private Path folder() {
    String name = out.getFileName().toString();
    Path folder = out.resolveSibling(name.substring(0, name.lastIndexOf('.')));
    if (Files.exists(folder) && !Files.isDirectory(folder)) {
      throw new IllegalArgumentException(
          folder + " is a file, the grid's parts would lie in a folder of that name; give --out another name");
    }
    return folder;
  }

  private String name(Cell cell) {
    StringBuilder name = new StringBuilder("x" + (cell.at.get(0) + 1));
    if (y != null) {
      name.append("-y").append(cell.at.get(1) + 1);
    }
    if (z != null) {
      name.append("-z").append(cell.at.get(2) + 1);
    }
    return name + ".png";
  }
}
