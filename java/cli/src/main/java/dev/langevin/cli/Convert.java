package dev.langevin.cli;

import dev.langevin.pipeline.files.Conversion;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Encoding;
import dev.langevin.tensor.Float8;
import dev.langevin.training.data.source.NewFolder;
import dev.langevin.weights.DiskSync;
import dev.langevin.weights.SingleFileCheckpoint;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

@Command(name = "convert", header = "Writes a model anew: smaller, as one file, mixed or merged.",
    footer = {"langevin convert sd15 --out sd15-f16",
        "langevin convert model.safetensors --to folder --precision same --out model",
        "langevin convert sd15 --lora style.safetensors:0.8 --out styled"},
    mixinStandardHelpOptions = true,
    description = "Writes a model anew: in another precision (f16 takes half the room), as a folder or one file, mixed"
        + " with other models, with LoRAs merged into it.")
final class Convert implements Callable<Integer> {

  private static final String WEIGHTS = ".safetensors";

  /** What weights can be written as. */
  enum Precision {
    f32(DType.F32),
    f16(DType.F16),
    bf16(DType.BF16),
    fp8(Float8.F8_E4M3),
    /** As they lie. */
    same(null);

    final Encoding encoding;

    Precision(Encoding encoding) {
      this.encoding = encoding;
    }
  }

  /** What is written. */
  enum Form {
    FOLDER("folder"),
    SINGLE_FILE("single-file");

    private final String word;

    Form(String word) {
      this.word = word;
    }

    @Override
    public String toString() {
      return word;
    }
  }

  @Parameters(paramLabel = "MODEL",
      description = "A diffusers folder, a folder of one network, or a file of weights.")
  private Path model;

  @Option(names = "--out", paramLabel = "PATH", required = true,
      description = "The new folder, which must not exist, or be empty; or the new file, which ends in .safetensors.")
  private Path out;

  @Option(names = "--to", paramLabel = "FORM",
      description = "folder or single-file, of Stable Diffusion 1, 2 and XL; without it what the model is.")
  private Form form;

  @Option(names = {"--precision", "--dtype"}, paramLabel = "NAME", defaultValue = "f16",
      description = "f32, f16, bf16, fp8 (e4m3, without factors) or same, as they lie (${DEFAULT-VALUE}).")
  private Precision precision;

  @Option(names = "--ema",
      description = "Take the averages over the training (model_ema.*, or the folder unet_ema) in the U-Net's place.")
  private boolean averages;

  @Option(names = "--sum", paramLabel = "MODEL[:WEIGHT]",
      description = "Mix with another model of its kind: 1 - WEIGHT of this one and WEIGHT (0.5) of that (none).")
  private List<String> sums = new ArrayList<>();

  @Option(names = "--add", paramLabel = "MODEL",
      description = "Add what this model has more than that of --minus, times --amount (none).")
  private Path added;

  @Option(names = "--minus", paramLabel = "MODEL", description = "What the model of --add was made of (none).")
  private Path minus;

  @Option(names = "--amount", paramLabel = "X", description = "How much of the difference is added (1).")
  private Double amount;

  @Option(names = "--lora", paramLabel = "FILE[:WEIGHT]",
      description = "Merge low-rank updates into the weights, WEIGHT (1) times; repeatable (none).")
  private List<String> loras = new ArrayList<>();

  @Option(names = "--vae", paramLabel = "DIR|FILE",
      description = "An autoencoder's folder or file, in place of the model's own or of one that it lacks (the model's"
          + " own).")
  private Path vae;

  @Option(names = "--original-config", paramLabel = "FILE",
      description = "The YAML file of a single file; without it the one beside it, if any.")
  private Path originalConfig;

  @Option(names = "--tokenizer", paramLabel = "DIR",
      description = "Folder of the tokenizer for a single file, which holds none; without it CLIP's.")
  private Path tokenizer;

  @Mixin
  private PolicyOption policy = new PolicyOption();

  @Override
  public Integer call() throws IOException {
    Conversion conversion = conversion();
    Conversion.Form from = conversion.form();
    Form to = form != null ? form : from == Conversion.Form.FOLDER ? Form.FOLDER : Form.SINGLE_FILE;
    requireUse(from, to);
    List<Path> written;
    if (to == Form.FOLDER) {
      folder(conversion);
      try (Stream<Path> made = Files.walk(out)) {
        written = made.filter(Files::isRegularFile).sorted().toList();
      }
    } else {
      file(conversion);
      Path yaml = SingleFileCheckpoint.configBeside(out);
      written = yaml == null ? List.of(out) : List.of(out, yaml);
    }
    Map<String, Long> bytes = new LinkedHashMap<>();
    for (Path file : written) {
      bytes.put(file.toString(), Files.size(file));
      Output.file(file, " %,d bytes".formatted(Files.size(file)));
    }
    Output.result("bytes", bytes);
    return 0;
  }

  private Conversion conversion() {
    LoadOptions.Builder options =
        LoadOptions.builder().originalConfig(originalConfig).tokenizer(tokenizer).autoencoder(vae)
            .policy(policy.policy()).warnings(Messages::warn);
    for (String lora : loras) {
      Weighted each = Weighted.of(HubPaths.local(lora), 1);
      options.lora(each.path, each.weight);
    }
    Map<Path, Double> mixes = new LinkedHashMap<>();
    for (String sum : sums) {
      Weighted each = Weighted.of(HubPaths.local(sum), 0.5);
      mixes.merge(each.path, each.weight, Double::sum);
    }
    if ((added == null) != (minus == null) || added == null && amount != null) {
      throw new IllegalArgumentException("--add, --minus and --amount say one thing: give --add and --minus, or none");
    }
    if (added != null) {
      double much = amount == null ? 1 : amount;
      mixes.merge(added, much, Double::sum);
      mixes.merge(minus, -much, Double::sum);
    }
    mixes.keySet().forEach(Convert::requireThere);
    requireThere(model);
    if (vae != null) {
      requireThere(vae);
    }
    return new Conversion(model, precision.encoding, averages, mixes, options.build(), policy.findings(),
        Messages::warn);
  }

  private static void requireThere(Path path) {
    if (!Files.exists(path)) {
      throw new IllegalArgumentException(path + (Files.isSymbolicLink(path) ? " is a link to nothing"
          : ": there is no such file or folder"));
    }
  }

  private void requireUse(Conversion.Form from, Form to) throws IOException {
    if (from != Conversion.Form.CHECKPOINT && (originalConfig != null || tokenizer != null)) {
      throw new IllegalArgumentException((originalConfig != null ? "--original-config" : "--tokenizer")
          + " is for a checkpoint of one file, which " + model + " is not; leave that away");
    }
    if (tokenizer != null && to != Form.FOLDER) {
      throw new IllegalArgumentException("--tokenizer is for --to folder: a single file holds none; leave that away");
    }
    if (Files.isDirectory(model)
        && out.toAbsolutePath().normalize().startsWith(model.toAbsolutePath().normalize())
        && !out.toAbsolutePath().normalize().equals(model.toAbsolutePath().normalize())) {
      throw new IllegalArgumentException(out + " lies within " + model + "; name a place outside of it");
    }
    if (to == Form.SINGLE_FILE) {
      if (!out.toString().endsWith(WEIGHTS)) {
        throw new IllegalArgumentException(out + " is to be a safetensors file; end its name in " + WEIGHTS);
      }
      if (Files.exists(out) || Files.isSymbolicLink(out)) {
        throw new IllegalArgumentException(out + " is there already; name a new file");
      }
    } else if (Files.exists(out) && !Files.isDirectory(out)) {
      throw new IllegalArgumentException(out + " is a file; name a new folder");
    } else if (Files.exists(out)) {
      try (Stream<Path> there = Files.list(out)) {
        if (there.findAny().isPresent()) {
          throw new IllegalArgumentException(out + " is not empty; name a new folder");
        }
      }
    }
  }

  private void folder(Conversion conversion) throws IOException {
    if (!Files.exists(out)) {
      NewFolder.write(out, conversion::toFolder);
      return;
    }
    try { // perhaps a disk's own folder, in whose place no other can be put
      conversion.toFolder(out);
      DiskSync.syncAll(out);
    } catch (IOException | RuntimeException e) {
      clear();
      throw e;
    }
  }

  private void file(Conversion conversion) throws IOException {
    Path around = out.toAbsolutePath().getParent();
    Files.createDirectories(around);
    boolean alone = !Files.exists(SingleFileCheckpoint.yamlOf(out));
    try {
      conversion.toFile(out);
    } catch (IOException | RuntimeException e) {
      Files.deleteIfExists(out);
      if (alone) {
        Files.deleteIfExists(SingleFileCheckpoint.yamlOf(out));
      }
      throw e;
    }
  }

  private void clear() throws IOException {
    try (Stream<Path> made = Files.walk(out)) {
      for (Path file : made.sorted(Comparator.reverseOrder()).filter(file -> !file.equals(out)).toList()) {
        Files.delete(file);
      }
    }
  }

  /** A path, and a number behind its last colon. */
  private record Weighted(Path path, double weight) {

    static Weighted of(String text, double usual) {
      int colon = text.lastIndexOf(':');
      String weight = text.substring(colon + 1);
      return colon > 0 && weight.matches("[+-]?(\\d+\\.?\\d*|\\.\\d+)")
          ? new Weighted(Path.of(text.substring(0, colon)), Double.parseDouble(weight))
          : new Weighted(Path.of(text), usual);
    }
  }
}
