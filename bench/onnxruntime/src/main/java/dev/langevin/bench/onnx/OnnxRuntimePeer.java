package dev.langevin.bench.onnx;

import ai.onnxruntime.OrtEnvironment;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.cli.BenchNetwork;
import dev.langevin.graph.Graph;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/**
 * Times one call of a network in ONNX Runtime, and prints the fields that {@code langevin bench model --json} prints.
 */
@Command(name = "onnxruntime", mixinStandardHelpOptions = true)
public final class OnnxRuntimePeer implements Callable<Integer> {

  @Parameters(paramLabel = "NETWORK", description = "${COMPLETION-CANDIDATES}")
  private BenchNetwork work;

  @Option(names = "--batch", defaultValue = "1", description = "Samples a call (${DEFAULT-VALUE}).")
  private int batch;

  @Option(names = "--latent", defaultValue = "64", description = "Side of the latents (${DEFAULT-VALUE}).")
  private int latent;

  @Option(names = "--repeat", defaultValue = "5", description = "Calls that are timed (${DEFAULT-VALUE}).")
  private int repeat;

  public static void main(String[] arguments) {
    System.exit(new CommandLine(new OnnxRuntimePeer()).execute(arguments));
  }

  @Override
  public Integer call() throws Exception {
    Graph graph = work.graph(batch, latent);
    Path folder = Files.createTempDirectory("langevin-onnx");
    try {
      Path file = folder.resolve("model.onnx");
      OnnxExport.write(graph, name -> random(graph.storedWeights().get(name)), file);
      int threads = Runtime.getRuntime().availableProcessors();
      double[] seconds = new double[repeat];
      double planned = System.nanoTime();
      try (OnnxSession session = new OnnxSession(file, graph, threads)) {
        planned = (System.nanoTime() - planned) * 1e-9;
        fill(session, graph);
        for (int run = -2; run < repeat; run++) {
          long start = System.nanoTime();
          session.run().close();
          seconds[Math.max(run, 0)] = (System.nanoTime() - start) * 1e-9; // the first two runs do not count
        }
      }
      Arrays.sort(seconds);
      Map<String, Object> fields = new LinkedHashMap<>();
      fields.put("work", work.name());
      fields.put("peer", "onnxruntime " + OrtEnvironment.getEnvironment().getVersion());
      fields.put("dtype", "f32");
      fields.put("batch", batch);
      fields.put("latent", latent);
      fields.put("threads", threads);
      fields.put("plan_s", planned);
      fields.put("min_s", seconds[0]);
      fields.put("median_s", seconds[repeat / 2]);
      fields.put("max_s", seconds[repeat - 1]);
      fields.put("peak_rss_gb", residentPeak() * 0x1p-30);
      System.out.println(new ObjectMapper().writeValueAsString(fields));
    } finally {
      for (String name : new String[] {"model.onnx", "model.onnx.data", ""}) {
        Files.deleteIfExists(folder.resolve(name));
      }
    }
    return 0;
  }

  private static void fill(OnnxSession session, Graph graph) {
    Random random = new Random(1);
    graph.inputs().forEach((name, value) -> {
      if (session.input(name) != null && value.dtype() == DType.F32) { // indices stay 0
        for (int i = 0; i < value.shape().elements(); i++) {
          session.input(name).putFloat(4 * i, (float) random.nextGaussian());
        }
      }
    });
  }

  private static Tensor random(Shape shape) {
    float[] values = new float[Math.toIntExact(shape.elements())];
    Random random = new Random(1);
    float[] block = new float[4096]; // repeated: drawing millions would take longer than the measurement
    for (int i = 0; i < block.length; i++) {
      block[i] = (float) random.nextGaussian() * 0.05f;
    }
    for (int i = 0; i < values.length; i++) {
      values[i] = block[i % block.length];
    }
    return Tensor.ofFloats(values, shape.dims());
  }

  private static double residentPeak() throws java.io.IOException {
    return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmHWM:"))
        .mapToDouble(line -> Long.parseLong(line.replaceAll("\\D", "")) * 1024.0).findFirst().orElse(0);
  }
}
