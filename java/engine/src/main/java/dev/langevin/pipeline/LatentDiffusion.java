package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.TransitionKernel;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;

/**
 * Samples latents under a context (arXiv:2112.10752). Keeps the network's plan for runs of the same shape. Used by one thread at a
 * time; the weights are the caller's and must live as long.
 */
public final class LatentDiffusion implements AutoCloseable {

  private record PlanShape(int batch, int height, int width, int tokens, int timeIds, int extra, boolean controlled) {}

  private final Backend backend;
  private final UNetConditionConfig config;
  private final TensorSource weights;
  private Plan plan;
  private PlanShape planned;

  public LatentDiffusion(Backend backend, UNetConditionConfig config, TensorSource weights) {
    this.backend = backend;
    this.config = config;
    this.weights = weights;
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
   * @throws java.util.concurrent.CancellationException if the listener stops the run
   */
  public Tensor sample(LatentRun run, NoiseSource noise, ReverseProcess.StepListener listener) {
    return backend.call(() -> {
      Plan network = plan(run);
      write(run, network);
      try (UNetDenoiser denoiser = new UNetDenoiser(backend, run, config, network);
          ReverseProcess process = new ReverseProcess(
              run.trajectory(), denoiser, TransitionKernel.of(backend.name()), run.samples(), run.guidance())) {
        process.constrainedBy(run.constraint());
        Tensor result = run.start() == null ? process.sample(noise, listener)
            : run.startsNoisy() ? process.goOn(run.start(), noise, listener)
            : process.sampleFrom(run.start(), noise, listener);
        return Tensor.ofFloats(result.toFloats(), result.shape().dims());
      }
    });
  }

  private Plan plan(LatentRun run) {
    int batch = run.guided() ? 2 * run.samples() : run.samples();
    Tensor ids = run.inputs().get("time_ids");
    PlanShape wanted = new PlanShape(batch, run.height(), run.width(), run.context().shape().intDim(1),
        ids == null ? 0 : ids.shape().intDim(1), run.extra() == null ? 0 : run.extra().shape().intDim(1),
        !run.controls().isEmpty());
    if (!wanted.equals(planned)) {
      Graph graph = UNet2DCondition.graph(config, wanted.batch, wanted.height, wanted.width, wanted.tokens, wanted.timeIds,
          wanted.extra, wanted.controlled);
      Plan earlier = plan;
      plan = null;
      planned = null;
      plan = new Planner(backend).replace(earlier, graph, weights);
      planned = wanted;
    }
    return plan;
  }

  private static void write(LatentRun run, Plan network) {
    int first = run.guided() ? run.samples() : 0; // the negative half comes first
    Rows.write(run.context(), network.input("encoder_hidden_states"), first, run.samples());
    run.inputs().forEach((name, rows) -> Rows.write(rows, network.input(name), first, run.samples()));
    if (run.guided()) {
      Rows.write(run.negative(), network.input("encoder_hidden_states"), 0, run.samples());
      run.negativeInputs().forEach((name, rows) -> Rows.write(rows, network.input(name), 0, run.samples()));
    }
    if (run.extra() != null) {
      Rows.write(run.extra(), network.input("sample_extra"), first, run.samples());
      Rows.write(run.extra(), network.input("sample_extra"), 0, run.samples());
    }
    network.prepare();
  }

  @Override
  public void close() {
    if (plan != null) {
      plan.close();
      plan = null;
    }
  }
}
