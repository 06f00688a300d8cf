package dev.langevin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.backend.Precision;
import java.io.File;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Times this engine and a peer in turns, each measurement in a process of its own. */
@Command(name = "peers", header = "Times networks here and elsewhere in turns.",
    footer = {"langevin bench peers tiny cifar --rounds 3"}, mixinStandardHelpOptions = true,
    description = "Times networks here and with torch or ONNX Runtime in turns, A B A B, and prints the ratios. Needs a"
        + " python with torch,"
        + " diffusers and transformers, or what mvn -P peers package builds.")
final class BenchPeers implements Callable<Integer> {

  /** What both sides time, with the peer that is the fastest or the usual one there. */
  enum Work {
    unet("compile", 3, "--batch", "2"),
    unet_int8("compile", 3, "--batch", "2"),
    unet256("eager", 5, "--batch", "2", "--latent", "32"),
    xl("compile", 3, "--batch", "2", "--latent", "128"),
    vae("channels-last", 2, "--batch", "1"),
    clip("eager", 20, "--batch", "1"),
    cifar("channels-last", 10, "--batch", "1"),
    cifar16("channels-last", 4, "--batch", "16"),
    tiny("eager", 300, "--batch", "1"),
    train("eager", 5, "--batch", "64"),
    /** Of the folder {@code --model}: its size and rank are the usual ones of {@code bench lora}. */
    lora("eager", 3, "--batch", "1");

    final String mode;
    final int repeat;
    final List<String> arguments;

    Work(String mode, int repeat, String... arguments) {
      this.mode = mode;
      this.repeat = repeat;
      this.arguments = List.of(arguments);
    }

    String network() {
      return name().replaceAll("_.*|\\d", "");
    }

    /** Ours, where none is asked for; the peer computes in f32 then. */
    Precision precision() {
      return name().endsWith("_int8") ? Precision.INT8 : Precision.F32;
    }

    /** Whether it is one call of a network, in the precision and on the device that are asked for. */
    boolean inference() {
      return this != train && this != lora;
    }
  }

  private static final String ONNX_RUNTIME = "onnxruntime";

  @Parameters(arity = "0..*", paramLabel = "NETWORK",
      description = "${COMPLETION-CANDIDATES}; without any, all of them but xl, lora where --model is given.")
  private List<Work> works = new ArrayList<>();

  @Option(names = "--rounds", paramLabel = "N", defaultValue = "2",
      description = "Turns of each side (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(names = "--mode", paramLabel = "NAME",
      description = "How the peer runs: eager, channels-last or compile of torch, or onnxruntime; without it compile"
          + " for unet, channels-last for vae and cifar,"
          + " else eager.")
  private String mode;

  @Option(names = "--python", paramLabel = "FILE", defaultValue = "python3",
      description = "The interpreter (${DEFAULT-VALUE}).")
  private String python;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class,
      description = "On what both compute: cpu, cuda or cuda:N, or auto (${DEFAULT-VALUE}).")
  private String device;

  @Option(names = "--precision", paramLabel = "P",
      description = "In what both compute: f32, bf16 or, on cuda, f16; without it f32, and int8 here alone for"
          + " unet_int8.")
  private Precision precision;

  @Option(names = "--model", paramLabel = "DIR",
      description = "Of lora: a Stable Diffusion's folder, such as bench write-model makes (none).")
  private Path model;

  @Option(names = "--size", paramLabel = "N", description = "Of lora: side of the pictures (256).")
  private Integer size;

  @Option(names = "--repeat", paramLabel = "N",
      description = "What is timed in each turn, this often; without it by the network.")
  private Integer repeat;

  @Option(names = "--script", paramLabel = "FILE", defaultValue = "bench/peers/torch_peer.py",
      description = "The peer's side (${DEFAULT-VALUE}).")
  private Path script;

  @Option(names = "--onnxruntime", paramLabel = "FILE",
      defaultValue = "bench/onnxruntime/target/langevin-onnxruntime.jar",
      description = "ONNX Runtime's side (${DEFAULT-VALUE}).")
  private Path onnxRuntime;

  @Option(names = "--csv", paramLabel = "FILE", description = "Every measurement, as a table (none).")
  private Path csv;

  private final ObjectMapper mapper = new ObjectMapper();

  @Override
  public Integer call() throws Exception {
    if (rounds < 1) {
      throw new IllegalArgumentException("--rounds is " + rounds + ", must be at least 1");
    }
    if (repeat != null && repeat < 1) {
      throw new IllegalArgumentException("--repeat is " + repeat + ", must be at least 1");
    }
    if (works.isEmpty()) {
      works = Arrays.stream(Work.values()).filter(this::usual).toList();
    }
    requireLora();
    requireDevice();
    Path side = ONNX_RUNTIME.equals(mode) ? onnxRuntime : script;
    if (!Files.isRegularFile(side)) {
      throw new IllegalArgumentException(
          side + ": there is no such file; run from the project's folder, or name it with "
              + (side == script ? "--script" : "--onnxruntime; mvn -P peers package -DskipTests builds it"));
    }
    List<String> table = new ArrayList<>(List.of("work,side,peer,round,min_s,median_s,max_s,peak_rss_gb,device_gb"));
    System.out.printf("%-9s %-32s %28s %28s %16s  %s%n", "", "peer", "peer: min, median, max", "langevin: the same",
        "ratio and range", "resident: peer, langevin");
    for (Work work : works) {
      compare(work, table);
    }
    if (csv != null) {
      Files.write(csv, table);
    }
    return 0;
  }

  /** What is timed where no network is named: half a minute a call on processors, as SD XL takes, is for who asks. */
  private boolean usual(Work work) {
    boolean here = device.equals(DeviceName.USUAL) && precision == null;
    return work.inference() ? work != Work.xl && (here || work != Work.unet_int8)
        : here && (work != Work.lora || model != null);
  }

  private void requireDevice() {
    boolean cpu = device.equals(DeviceName.USUAL);
    if (!cpu && !device.matches("cuda(:\\d+)?")) {
      throw new IllegalArgumentException("--device is " + device + "; torch knows cpu, cuda and cuda:N");
    }
    if (precision == Precision.INT8 || precision == Precision.TF32) {
      throw new IllegalArgumentException("--precision is " + name(precision)
          + ", which the script for torch lacks; use f32, f16 or bf16, or unet_int8");
    }
    if (ONNX_RUNTIME.equals(mode) && !(cpu && precision == null)) {
      throw new IllegalArgumentException("ONNX Runtime is timed on the processor in f32 alone; leave --device and"
          + " --precision away, or take another --mode");
    }
    for (Work work : works) {
      if (!(cpu && precision == null) && (!work.inference() || work == Work.unet_int8)) {
        throw new IllegalArgumentException(
            work + " is timed on the processor in its own precision alone; leave --device and --precision away");
      }
    }
  }

  private void requireLora() {
    if (!works.contains(Work.lora)) {
      if (model != null || size != null) {
        throw new IllegalArgumentException(
            (model != null ? "--model" : "--size") + " is for lora alone; leave it away");
      }
      return;
    }
    if (model == null) {
      throw new IllegalArgumentException(
          "lora needs --model, a Stable Diffusion's folder; langevin bench write-model sd15 --out DIR makes one");
    }
    if (mode != null && !mode.equals("eager")) {
      throw new IllegalArgumentException("--mode is " + mode + "; lora's peer trains in eager mode alone");
    }
  }

  private void compare(Work work, List<String> table) throws IOException, InterruptedException {
    List<JsonNode> ours = new ArrayList<>();
    List<JsonNode> theirs = new ArrayList<>();
    for (int round = 0; round < rounds; round++) {
      ours.add(measure(own(work), work, "langevin", round, table));
      theirs.add(measure(peer(work), work, "peer", round, table));
    }
    double[] ratios = new double[rounds];
    Arrays.setAll(ratios, i -> seconds(ours.get(i), "median_s") / seconds(theirs.get(i), "median_s"));
    Arrays.sort(ratios);
    System.out.printf(Locale.ROOT, "%-9s %-32s %28s %28s %5.2f %5.2f-%-5.2f %5.1f, %.1f GB%n", work,
        theirs.getFirst().path("peer").asText(),
        times(theirs), times(ours), median(ratios), ratios[0], ratios[rounds - 1], gigabytes(theirs), gigabytes(ours));
  }

  private List<String> own(Work work) {
    List<String> command = new ArrayList<>(List.of(java(), "--enable-native-access=ALL-UNNAMED", "-cp",
        System.getProperty("java.class.path"), Langevin.class.getName(), "bench"));
    command.addAll(switch (work) {
      case train -> List.of("train");
      case lora -> List.of("lora", model.toString());
      default -> List.of("model", work.network(), "--device", device, "--precision",
          name(precision == null ? work.precision() : precision));
    });
    return with(command, work, "--json");
  }

  private static String java() {
    return ProcessHandle.current().info().command().orElse("java");
  }

  private List<String> peer(Work work) {
    if (ONNX_RUNTIME.equals(mode)) {
      return with(
          new ArrayList<>(
              List.of(java(), "--enable-native-access=ALL-UNNAMED", "-jar", onnxRuntime.toString(), work.network())),
          work);
    }
    if (work == Work.lora) {
      return with(
          new ArrayList<>(List.of(python, script.resolveSibling("torch_lora.py").toString(), model.toString())), work);
    }
    return with(new ArrayList<>(List.of(python, script.toString(), work.network())), work, "--mode",
        mode == null ? work.mode : mode, "--device", device.equals(DeviceName.USUAL) ? "cpu" : device, "--dtype",
        name(precision == null ? Precision.F32 : precision));
  }

  private static String name(Precision precision) {
    return precision.name().toLowerCase(Locale.ROOT);
  }

  private List<String> with(List<String> command, Work work, String... more) {
    command.addAll(work.arguments);
    if (work == Work.lora && size != null) {
      command.addAll(List.of("--size", size.toString()));
    }
    command.addAll(List.of("--repeat", String.valueOf(repeat == null ? work.repeat : repeat)));
    command.addAll(List.of(more));
    return command;
  }

  private JsonNode measure(List<String> command, Work work, String side, int round, List<String> table)
      throws IOException, InterruptedException {
    File errors = File.createTempFile("langevin-peer", ".log");
    try {
      Process process = new ProcessBuilder(command).redirectError(errors).start();
      String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
      if (process.waitFor() != 0) {
        String said = Files.readString(errors.toPath());
        throw new IllegalStateException(
            String.join(" ", command) + " failed: " + said.substring(Math.max(0, said.length() - 500)));
      }
      String last = out.lines().filter(line -> line.contains("{\"")).reduce((one, other) -> other).orElseThrow();
      JsonNode told = mapper.readTree(last.substring(last.indexOf("{\"")));
      JsonNode fields = told.path("results").isMissingNode() ? told : told.get("results"); // a peer has them at the top
      // Of a device torch tells what it has taken, and this engine what it has planned.
      double device = fields.path(side.equals("peer") ? "peak_device_gb" : "planned_gb").asDouble();
      table.add(String.format(Locale.ROOT, "%s,%s,\"%s\",%d,%s,%s,%s,%s,%.3f", work, side,
          fields.path("peer").asText(), round, fields.path("min_s"), fields.path("median_s"), fields.path("max_s"),
          fields.path("peak_rss_gb"), device));
      return fields;
    } finally {
      Files.delete(errors.toPath());
    }
  }

  private static double seconds(JsonNode fields, String name) {
    return fields.path(name).asDouble();
  }

  private static double median(double[] sorted) {
    int middle = sorted.length / 2;
    return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
  }

  /** The least, the middle one of the medians, the most; in milliseconds below a tenth of a second. */
  private static String times(List<JsonNode> measured) {
    double least = measured.stream().mapToDouble(m -> seconds(m, "min_s")).min().orElseThrow();
    double middle = median(measured.stream().mapToDouble(m -> seconds(m, "median_s")).sorted().toArray());
    double most = measured.stream().mapToDouble(m -> seconds(m, "max_s")).max().orElseThrow();
    boolean small = middle < 0.1;
    double unit = small ? 1000 : 1;
    return String.format(Locale.ROOT, "%.2f %.2f %.2f %s", least * unit, middle * unit, most * unit,
        small ? "ms" : "s");
  }

  private static double gigabytes(List<JsonNode> measured) {
    return measured.stream().mapToDouble(m -> seconds(m, "peak_rss_gb")).max().orElseThrow();
  }
}
