package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.graph.Graph;
import dev.langevin.models.ControlNet;
import dev.langevin.models.IpAdapterConfig;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.Planner;
import dev.langevin.plan.WeightCache;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;

/**
 * Samples latents under a context (arXiv:2112.10752). Keeps the networks' plans for runs of the same shape. Used by one thread at a
 * time; the weights are the caller's and must live as long.
 */
public final class LatentDiffusion implements AutoCloseable {

  /**
   * What a network is planned for.
   *
   * @param batch of the network: twice the samples under guidance
   * @param timeIds sizes that it is told, or 0
   * @param extra channels that come beside the sample
   * @param controlled whether it takes residuals
   * @param adapter for a picture as a prompt, or null
   * @param preferredBytes as of {@link LatentRun}
   */
  record PlanShape(
      int batch, int height, int width, int tokens, int timeIds, int extra, boolean controlled, IpAdapterConfig adapter,
      long preferredBytes) {

    PlanShape within(long bytes) {
      return new PlanShape(batch, height, width, tokens, timeIds, extra, controlled, adapter, bytes);
    }
  }

  /** A share of the machine's memory that a network may take without being asked: others live there too. */
  static final long COMFORTABLE = ((com.sun.management.OperatingSystemMXBean) ManagementFactory.getOperatingSystemMXBean()).getTotalMemorySize() / 2;

  private record ControlKey(PlanShape shape, List<Double> scales) {}

  private final Backend backend;
  private final UNetConditionConfig config;
  private final Planner planner;
  private final KeptPlan network;
  private final Map<TensorSource, KeptPlan> controls = new IdentityHashMap<>();

  public LatentDiffusion(Backend backend, UNetConditionConfig config, TensorSource weights) {
    this(backend, config, weights, Precision.F32);
  }

  /** @param precision of the network and of those that control it */
  public LatentDiffusion(Backend backend, UNetConditionConfig config, TensorSource weights, Precision precision) {
    this(backend, config, weights, precision, null);
  }

  LatentDiffusion(Backend backend, UNetConditionConfig config, TensorSource weights, Precision precision, WeightCache cache) {
    this.backend = backend;
    this.config = config;
    this.planner = new Planner(backend, precision, cache);
    this.network = new KeptPlan("unet", planner, weights);
  }

  /** The network's configuration. */
  public UNetConditionConfig config() {
    return config;
  }

  /**
   * Samples.
   *
   * @param noise the start's noise is drawn first, then what the sampler draws
   * @return (N, L, h, w) f32, in memory of its own
   * @throws java.util.concurrent.CancellationException if the listener stops the run, or the thread is interrupted
   */
  public Tensor sample(LatentRun run, NoiseSource noise, ReverseProcess.StepListener listener) {
    return backend.call(() -> {
      PlanShape shape = shape(run);
      Plan unet = network.get(shape, () -> graph(shape), shape.preferredBytes);
      write(run, unet);
      UNetDenoiser denoiser = new UNetDenoiser(backend.blocks(), run, unet, controlPlans(run, shape));
      try (ReverseProcess process = new ReverseProcess(
          run.trajectory(), denoiser, backend, run.samples(), run.guidance())) {
        process.constrainedBy(run.constraint()).endingAt(run.end());
        return run.start() == null ? process.sample(noise, listener)
            : run.startsNoisy() ? process.goOn(run.start(), noise, listener)
            : process.sampleFrom(run.start(), noise, listener);
      }
    });
  }

  private static PlanShape shape(LatentRun run) {
    Tensor ids = run.inputs().get("time_ids");
    return new PlanShape(run.guided() ? 2 * run.samples() : run.samples(), run.height(), run.width(),
        run.context().shape().intDim(1), ids == null ? 0 : ids.shape().intDim(1),
        run.extra() == null ? 0 : run.extra().shape().intDim(1), !run.controls().isEmpty(), run.adapter(),
        run.preferredBytes());
  }

  private Graph graph(PlanShape shape) {
    return UNet2DCondition.graph(config, shape.batch, shape.height, shape.width, shape.tokens, shape.timeIds, shape.extra,
        shape.controlled, shape.adapter);
  }

  /** What the network's plan takes. */
  PlanSize size(PlanShape shape) {
    return planner.size(graph(shape), shape.preferredBytes);
  }

  /** What a control network's plan takes. */
  PlanSize controlSize(UNetConditionConfig control, PlanShape shape) {
    return planner.size(ControlNet.graph(control, shape.batch, shape.height, shape.width, shape.tokens, timeIds(control, shape), 1));
  }

  private List<Plan> controlPlans(LatentRun run, PlanShape shape) {
    List<Plan> plans = new ArrayList<>();
    for (Control control : run.controls()) {
      int batch = control.guess() ? run.samples() : shape.batch;
      double[] scales = control.scales(residuals(shape));
      KeptPlan kept = controls.computeIfAbsent(control.weights(), weights -> new KeptPlan("controlnet", planner, weights));
      int timeIds = timeIds(control.config(), shape);
      plans.add(kept.get(new ControlKey(new PlanShape(batch, shape.height, shape.width, shape.tokens, timeIds, 0, false, null, Long.MAX_VALUE),
              Arrays.stream(scales).boxed().toList()),
          () -> ControlNet.graph(control.config(), batch, shape.height, shape.width, shape.tokens, timeIds, scales)));
    }
    return plans;
  }

  private static int timeIds(UNetConditionConfig control, PlanShape shape) {
    return control.textTime() ? shape.timeIds : 0;
  }

  /** How many residuals the network takes, the middle's included. */
  private int residuals(PlanShape shape) {
    Plan unet = network.get(shape, () -> graph(shape));
    int count = 0;
    while (unet.hasInput("down_residual." + count)) {
      count++;
    }
    return count + 1;
  }

  private static void write(LatentRun run, Plan network) {
    int first = run.guided() ? run.samples() : 0; // the negative half comes first
    network.in("encoder_hidden_states").writeRows(run.context(), first, run.samples());
    run.inputs().forEach((name, rows) -> network.in(name).writeRows(rows, first, run.samples()));
    if (run.guided()) {
      network.in("encoder_hidden_states").writeRows(run.negative(), 0, run.samples());
      run.negativeInputs().forEach((name, rows) -> network.in(name).writeRows(rows, 0, run.samples()));
    }
    if (run.extra() != null) {
      network.in("sample_extra").writeRows(run.extra(), first, run.samples());
      network.in("sample_extra").writeRows(run.extra(), 0, run.samples());
    }
    network.prepare();
  }

  @Override
  public void close() {
    network.close();
    controls.values().forEach(KeptPlan::close);
  }
}
