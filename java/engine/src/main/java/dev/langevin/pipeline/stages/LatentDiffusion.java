package dev.langevin.pipeline.stages;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Closing;
import dev.langevin.diffusion.KeptRegion;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.graph.Graph;
import dev.langevin.models.ControlNet;
import dev.langevin.models.IpAdapterConfig;
import dev.langevin.models.UNet2DCondition;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * Samples latents under a context (arXiv:2112.10752). Used by many runs, on the backend's thread.
 */
public final class LatentDiffusion {

  /** The network in a request's plan. */
  public static final String UNET = "unet";

  /**
   * What a network is planned for.
   *
   * @param batch of the network: twice the samples under guidance
   * @param timeIds sizes that it is told, or 0
   * @param extra channels that come beside the sample
   * @param controlled whether it takes residuals
   * @param adapter for a picture as a prompt, or null
   */
  public record PlanShape(
      int batch, int height, int width, int tokens, int timeIds, int extra, boolean controlled, IpAdapterConfig adapter) {

  }

  /** A shape within a limit. */
  private record Fitted(PlanShape shape, long preferredBytes) {}

  private record ControlKey(PlanShape shape, List<Double> scales) {}

  private final Backend backend;
  private final UNetConditionConfig config;
  private final Network network;

  public LatentDiffusion(Backend backend, UNetConditionConfig config, Network network) {
    this.backend = backend;
    this.config = config;
    this.network = network;
  }

  /** The network's configuration. */
  public UNetConditionConfig config() {
    return config;
  }

  /**
   * Begins to sample; on the backend's thread.
   *
   * @param noise the start's noise is drawn first, then what the sampler draws
   * @return a chain whose sample is (N, L, h, w)
   */
  public Chain begin(LatentRun run, NoiseSource noise) {
    PlanShape shape = shape(run);
    List<Lease> leases = new ArrayList<>();
    List<AutoCloseable> owned = new ArrayList<>();
    try {
      Lease unet = network.lease(new Fitted(shape, run.preferredBytes()), () -> graph(shape), run.preferredBytes());
      leases.add(unet);
      unet.enter();
      write(run, unet.plan());
      unet.prepare();
      List<Lease> controls = controls(run, shape, unet.plan());
      leases.addAll(controls);
      controls.forEach(Lease::enter);
      UNetDenoiser denoiser = new UNetDenoiser(backend.blocks(), run, unet.plan(), controls);
      ReverseProcess process = new ReverseProcess(run.trajectory(), denoiser, backend, run.samples(), run.guidance());
      owned.add(process);
      if (run.kept() != null) {
        KeptRegion kept = new KeptRegion(backend, run.kept().latents(), run.kept().mask(), run.kept().noise(), run.trajectory());
        owned.addFirst(kept);
        process.constrainedBy(kept);
      }
      process.endingAt(run.end());
      if (run.start() == null) {
        process.begin(noise);
      } else if (run.startsNoisy()) {
        process.beginWith(run.start(), noise);
      } else {
        process.beginFrom(run.start(), noise);
      }
      owned.remove(process); // the chain's
      return new Chain(backend, SamplePreview.LATENTS, process, leases, owned);
    } catch (Throwable e) {
      Closing.after(e, owned);
      Closing.after(e, leases);
      throw e;
    }
  }

  private static PlanShape shape(LatentRun run) {
    Tensor ids = run.inputs().get("time_ids");
    return new PlanShape(run.guided() ? 2 * run.samples() : run.samples(), run.height(), run.width(),
        run.context().shape().intDim(1), ids == null ? 0 : ids.shape().intDim(1),
        run.extra() == null ? 0 : run.extra().shape().intDim(1), !run.controls().isEmpty(), run.adapter());
  }

  private Graph graph(PlanShape shape) {
    return UNet2DCondition.graph(config, shape.batch, shape.height, shape.width, shape.tokens, shape.timeIds, shape.extra,
        shape.controlled, shape.adapter);
  }

  /** What the network's plan takes. */
  public Need need(PlanShape shape) {
    return new Need(UNET, network, () -> graph(shape), Network.COMFORTABLE, true);
  }

  /** What a control network's plan takes. */
  public static Need need(String name, Control.Loaded control, PlanShape shape) {
    return new Need(name, control.network(), () -> ControlNet.graph(
        control.config(), shape.batch, shape.height, shape.width, shape.tokens, timeIds(control.config(), shape), 1));
  }

  private static List<Lease> controls(LatentRun run, PlanShape shape, Plan unet) {
    List<Lease> leases = new ArrayList<>();
    try {
      for (Control control : run.controls()) {
        UNetConditionConfig network = control.loaded().config();
        int batch = control.guess() ? run.samples() : shape.batch;
        double[] scales = control.scales(residuals(unet));
        int timeIds = timeIds(network, shape);
        leases.add(control.loaded().network().lease(
            new ControlKey(new PlanShape(batch, shape.height, shape.width, shape.tokens, timeIds, 0, false, null),
                Arrays.stream(scales).boxed().toList()),
            () -> ControlNet.graph(network, batch, shape.height, shape.width, shape.tokens, timeIds, scales), Long.MAX_VALUE));
      }
      return leases;
    } catch (RuntimeException e) {
      leases.forEach(Lease::close);
      throw e;
    }
  }

  private static int timeIds(UNetConditionConfig control, PlanShape shape) {
    return control.textTime() ? shape.timeIds : 0;
  }

  /** How many residuals the network takes, the middle's included. */
  private static int residuals(Plan unet) {
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
  }
}
