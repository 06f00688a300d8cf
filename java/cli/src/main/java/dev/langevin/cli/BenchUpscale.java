package dev.langevin.cli;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.image.DecodedImage;
import dev.langevin.pipeline.upscaling.Tiles;
import dev.langevin.pipeline.upscaling.Upscaler;
import java.io.BufferedReader;
import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * Enlarging by the network in this program, from bytes to bytes; with torch in turns where a Python with it is named.
 */
@Command(name = "upscale", header = "Times the enlarging of a picture.", footer = {"langevin bench upscale --side 256"},
    mixinStandardHelpOptions = true,
    description = "Enlarges a picture by the network in this program: time and memory, and torch's in turns with"
        + " --torch.")
final class BenchUpscale implements Callable<Integer> {

  @Option(names = "--side", paramLabel = "N", defaultValue = "512",
      description = "Side of the picture (${DEFAULT-VALUE}).")
  private int side;

  @Option(names = "--tile", paramLabel = "N", description = "Side of the tiles; without it the usual one.")
  private Integer tile;

  @Option(names = "--repeat", paramLabel = "N", defaultValue = "7", description = "Runs of each (${DEFAULT-VALUE}).")
  private int repeat;

  @Option(names = "--torch", paramLabel = "PYTHON", description = "A Python that has torch and numpy (none).")
  private Path python;

  @Option(names = "--script", paramLabel = "FILE", defaultValue = "bench/peers/torch_upscale.py",
      description = "What it runs (${DEFAULT-VALUE}).")
  private Path script;

  @Option(names = "--layout", paramLabel = "NAME", defaultValue = "last",
      description = "torch's memory: last or first (${DEFAULT-VALUE}).")
  private String layout;

  @Override
  public Integer call() throws Exception {
    if (side < 1 || side > 8192 || repeat < 1) {
      throw new IllegalArgumentException(
          "--side is " + side + ", --repeat " + repeat + "; must be 1 to 8192 and at least 1");
    }
    Path weights = UpscalerOption.file(null);
    Process peer = python == null ? null
        : new ProcessBuilder(python.toString(), script.toString(), weights.toString(), Integer.toString(side), layout,
            Integer.toString(Runtime.getRuntime().availableProcessors()))
                .redirectError(ProcessBuilder.Redirect.INHERIT).start();
    try (Upscaler upscaler = Upscaler.open(weights, "onednn")) {
      compare(upscaler, peer);
    } finally {
      if (peer != null) {
        peer.destroy();
      }
    }
    return 0;
  }

  private void compare(Upscaler upscaler, Process peer) throws IOException {
    Tiles tiles = upscaler.tiles(tile);
    DecodedImage picture = picture();
    List<Double> ours = new ArrayList<>();
    List<Double> theirs = new ArrayList<>();
    List<Double> ratios = new ArrayList<>();
    List<Double> works = new ArrayList<>();
    JsonNode last = null;
    long sum = 0;
    for (int i = -1; i < repeat; i++) { // the first of each is not counted
      long begun = System.nanoTime();
      long worked = work();
      DecodedImage larger = upscaler.enlarge(picture, tiles, (done, of) -> {});
      double seconds = (System.nanoTime() - begun) * 1e-9;
      double work = (work() - worked) * 1e-9;
      sum = 0;
      for (byte sample : larger.samples()) {
        sum += sample & 255;
      }
      last = peer == null ? null : ask(peer);
      if (i >= 0) {
        ours.add(seconds);
        if (last != null) {
          theirs.add(last.get("seconds").asDouble());
          ratios.add(seconds / theirs.getLast());
          works.add(work / last.get("work").asDouble());
        }
      }
    }
    System.out.printf("%d x %d by %d, tiles of %d and %d around: median %.3f s, %.3f to %.3f; plan %,d bytes,"
        + " process %,d bytes%n", side, side, upscaler.scale(), tiles.side(), tiles.pad(), median(ours),
        Collections.min(ours), Collections.max(ours), upscaler.plan(side, side, tiles).bytes(), residentPeak());
    if (last != null) {
      System.out.printf("torch: median %.3f s, %.3f to %.3f; process %,d bytes%n", median(theirs),
          Collections.min(theirs), Collections.max(theirs), last.get("bytes").asLong());
      System.out.printf("ratio, ours by torch's: median of pairs %.3f, of the medians %.3f, of the least %.3f, of"
          + " the cores' time together %.3f; sums of the results differ by %.2g of themselves%n", median(ratios),
          median(ours) / median(theirs),
          Collections.min(ours) / Collections.min(theirs), median(works),
          Math.abs(sum - last.get("sum").asLong()) / (double) sum);
    }
  }

  /** Nanoseconds of all cores that this process has had. */
  private static long work() {
    return ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean())
        .getProcessCpuTime();
  }

  private static JsonNode ask(Process peer) throws IOException {
    BufferedWriter out = peer.outputWriter();
    out.write("\n");
    out.flush();
    BufferedReader in = peer.inputReader();
    String line = in.readLine();
    if (line == null) {
      throw new IOException("the other program ended; see what it said above");
    }
    return new ObjectMapper().readTree(line);
  }

  /** Noise that the other program makes alike. */
  private DecodedImage picture() {
    byte[] samples = new byte[3 * side * side];
    int state = 1;
    for (int i = 0; i < samples.length; i++) {
      state = state * 1664525 + 1013904223;
      samples[i] = (byte) (state >>> 24);
    }
    return new DecodedImage(side, side, 3, samples);
  }

  private static double median(List<Double> values) {
    List<Double> sorted = values.stream().sorted().toList();
    return (sorted.get((sorted.size() - 1) / 2) + sorted.get(sorted.size() / 2)) / 2;
  }

  /** The most memory that this process has held, or 0 where the system does not tell. */
  private static long residentPeak() throws IOException {
    Path status = Path.of("/proc/self/status");
    return !Files.isReadable(status) ? 0
        : Files.readAllLines(status).stream().filter(line -> line.startsWith("VmHWM:"))
            .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024).findFirst().orElse(0);
  }
}
