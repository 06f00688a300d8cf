package dev.langevin.cli;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.diffusion.NoiseSchedule;
import dev.langevin.diffusion.PredictionType;
import dev.langevin.graph.Graph;
import dev.langevin.graph.LossFunction;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.plan.OpWork;
import dev.langevin.tensor.Tensor;
import dev.langevin.training.Learner;
import dev.langevin.training.LearningRate;
import dev.langevin.training.Objective;
import dev.langevin.training.Optimiser;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Times a step of training. Pictures are random: time does not depend on them. */
@Command(name = "train", header = "Times a step of training.", footer = {"langevin bench train --count 16"},
    mixinStandardHelpOptions = true,
    description = "Times a step of training, forward, backward and AdamW, of a U-Net with 64, 128 and 128 channels on"
        + " pictures of 28x28x1.")
final class BenchTrain implements Callable<Integer> {

  private static final int SIDE = 28;

  @Option(names = {"--count", "--batch"}, paramLabel = "N", defaultValue = "64",
      description = "Pictures a step (${DEFAULT-VALUE}).")
  private int batch;

  @Option(names = "--repeat", paramLabel = "N", defaultValue = "5",
      description = "Steps that are timed (${DEFAULT-VALUE}).")
  private int repeat;

  @Option(names = "--ops", description = "Also the time of each operation.")
  private boolean ops;

  @Option(names = {"--device", "--backend"}, paramLabel = "NAME", defaultValue = DeviceName.USUAL,
      converter = DeviceName.class, description = DeviceName.HELP)
  private String backendName;

  @Override
  public Integer call() throws Exception {
    if (batch < 1 || repeat < 1) {
      throw new IllegalArgumentException("--count is " + batch + ", --repeat " + repeat + "; both must be at least 1");
    }
    Graph network = UNet2D.graph(UNet2DConfig.of(Map.of("sample_size", SIDE, "in_channels", 1, "out_channels", 1,
        "block_out_channels", List.of(64, 128, 128), "layers_per_block", 2,
        "down_block_types", List.of("DownBlock2D", "DownBlock2D", "AttnDownBlock2D"),
        "up_block_types", List.of("AttnUpBlock2D", "UpBlock2D", "UpBlock2D"))), batch, SIDE, SIDE);
    Objective objective = new Objective(PredictionType.EPSILON, new LossFunction.SquaredError(), null, null);
    Optimiser optimiser = new Optimiser(LearningRate.constant(1e-4), 0.9, 0.999, 1e-8, 0.01, null, null);
    Map<String, dev.langevin.tensor.Shape> stored = network.storedWeights();
    long start = System.nanoTime();
    try (Backend backend = Backend.open(backendName, BackendOptions.usual());
        Learner learner = new Learner(backend, objective.lossOf(network), name -> true,
            name -> TimedKernel.random(stored.get(name).dims(), 0.05f),
            new Learner.Settings(false, false, Long.MAX_VALUE))) {
      double planned = (System.nanoTime() - start) * 1e-9;
      float[] betas = new float[1000];
      Arrays.fill(betas, 0.01f);
      NoiseSchedule schedule = NoiseSchedule.ofBetas(betas);
      Tensor pictures = TimedKernel.random(new long[] {batch, 1, SIDE, SIDE}, 1);
      double[] seconds = new double[repeat + 2];
      for (int i = 0; i < seconds.length; i++) {
        start = System.nanoTime();
        int[] times = new int[batch];
        Arrays.setAll(times, n -> n * 997 % 1000);
        learner.in("sample").write(objective.write(schedule, pictures, pictures, times, learner));
        learner.run();
        optimiser.step(learner, i + 1);
        seconds[i] = (System.nanoTime() - start) * 1e-9;
      }
      report(backend, learner, network, planned, seconds);
      if (ops) {
        OpTimes.profile(backend, learner.plan(), repeat).forEach(System.out::println);
      }
    }
    return 0;
  }

  /** The first two steps are not counted, as in the script for peers. */
  private void report(Backend backend, Learner learner, Graph network, double planned, double[] seconds)
      throws Exception {
    double[] counted = Arrays.copyOfRange(seconds, 2, seconds.length);
    Arrays.sort(counted);
    double median = counted[counted.length / 2];
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("work", "train");
    fields.put("peer", "langevin, " + backend.description());
    fields.put("dtype", "f32");
    fields.put("batch", batch);
    fields.put("threads", backend.threads());
    fields.put("gflop", BenchModel.rounded(3 * OpWork.flops(network) * 1e-9));
    fields.put("plan_s", BenchModel.rounded(planned));
    fields.put("first_s", BenchModel.rounded(seconds[0]));
    fields.put("min_s", counted[0]);
    fields.put("median_s", median);
    fields.put("max_s", counted[counted.length - 1]);
    fields.put("planned_gb", BenchModel.rounded(learner.bytes() * 0x1p-30));
    fields.put("peak_rss_gb", BenchModel.rounded(Resident.peakBytes() * 0x1p-30));
    fields.put("images_per_s", batch / median);
    Output.fields(fields, 12);
  }
}
