package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/**
 * A roofline by measurement. The machine's peaks are those of a large matrix product and of a large elementwise
 * operation or copy, measured again between the rounds of every shape: on a shared machine only what was measured side
 * by side can be compared.
 */
@Command(name = "kernels", header = "Times operations of real models against the peaks.",
    footer = {"langevin bench kernels --rounds 3 --csv kernels.csv"}, mixinStandardHelpOptions = true,
    description = "Times operations of real models, and relates them to the machine's peaks measured in the same run.")
final class BenchKernels implements Callable<Integer> {

  private static final String SHAPES = "/dev/langevin/cli/kernel-shapes.txt";

  @Option(names = "--shapes", paramLabel = "FILE", description = "Shapes to time; without it those of real models.")
  private Path shapesFile;

  @Option(names = "--csv", paramLabel = "FILE", description = "Also write the results there, as a table (none).")
  private Path csv;

  @Option(names = "--rounds", paramLabel = "N", defaultValue = "7",
      description = "Rounds for each shape (${DEFAULT-VALUE}).")
  private int rounds;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backendName;

  private final List<String> table = new ArrayList<>();

  @Override
  public Integer call() throws IOException {
    if (rounds < 1) {
      throw new IllegalArgumentException("--rounds is " + rounds + ", must be at least 1");
    }
    List<KernelShape> shapes = shapes();
    if (csv != null) {
      dev.langevin.image.Images.requireWritable(csv);
    }
    try (Backend backend = Backend.open(backendName, BackendOptions.usual())) {
      time(backend, shapes);
    }
    if (csv != null) {
      Files.write(csv, table);
    }
    return 0;
  }

  private void time(Backend backend, List<KernelShape> shapes) {
    System.out.println(backend.description() + ", " + backend.threads() + " threads");
    System.out.printf("%-22s %-10s %-38s %9s %9s %9s %9s %8s %7s %7s  %s%n", "shape", "op", "sizes", "median ms",
        "min ms",
        "max ms", "GFLOP/s", "GB/s", "% flops", "% bytes", "implementation");
    table.add("shape,op,sizes,median_ms,min_ms,max_ms,gflops,gbytes_per_s,percent_of_matmul_peak,percent_of_bandwidth,"
        + "matmul_peak_gflops,bandwidth_gbytes_per_s,threads,implementation");
    try (Peaks peaks = Peaks.of(backend)) {
      for (KernelShape shape : shapes) {
        try (TimedKernel kernel = new TimedKernel(backend, shape.graph())) {
          for (int round = 0; round < rounds; round++) {
            peaks.measure();
            kernel.measure(0.02);
          }
          report(backend.threads(), shape, kernel, peaks.flops(), peaks.bytes());
        }
      }
      System.out.println(peaks);
    }
  }

  private void report(int threads, KernelShape shape, TimedKernel kernel, double peakFlops, double peakBytes) {
    double flops = shape.flops() / kernel.median();
    double bytes = shape.bytes() / kernel.median();
    System.out.printf(Locale.ROOT, "%-22s %-10s %-38s %9.3f %9.3f %9.3f %9.1f %8.1f %7.1f %7.1f  %s%n", shape.name(),
        shape.op(),
        shape.sizesText(), kernel.median() * 1e3, kernel.fastest() * 1e3, kernel.slowest() * 1e3, flops * 1e-9,
        bytes * 1e-9,
        100 * flops / peakFlops, 100 * bytes / peakBytes, kernel.implementation());
    table.add(String.format(Locale.ROOT, "%s,%s,%s,%.4f,%.4f,%.4f,%.2f,%.2f,%.2f,%.2f,%.2f,%.2f,%d,%s", shape.name(),
        shape.op(),
        shape.sizesText(), kernel.median() * 1e3, kernel.fastest() * 1e3, kernel.slowest() * 1e3, flops * 1e-9,
        bytes * 1e-9,
        100 * flops / peakFlops, 100 * bytes / peakBytes, peakFlops * 1e-9, peakBytes * 1e-9, threads,
        kernel.implementation().replace(',', ';')));
  }

  private List<KernelShape> shapes() throws IOException {
    if (shapesFile == null) {
      try (InputStream in = BenchKernels.class.getResourceAsStream(SHAPES)) {
        return KernelShape.parse("the default shapes",
            new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList());
      }
    }
    try {
      return KernelShape.parse(shapesFile.toString(), Files.readAllLines(shapesFile));
    } catch (NoSuchFileException e) {
      throw new IllegalArgumentException(shapesFile + ": there is no such file", e);
    }
  }
}
