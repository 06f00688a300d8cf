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
import dev.langevin.pipeline.engine.Updates;
import dev.langevin.plan.Plan;
import dev.langevin.plan.TimesAhead;
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
   * @param batch of the network: the samples for each condition, and once more under guidance
   * @param timeIds sizes that it is told, or 0
   * @param extra channels that come beside the sample
   * @param controlled whether it takes residuals
   * @param adapter for a picture as a prompt, or null
   */
  public record PlanShape(
      int batch, int height, int width, int tokens, int timeIds, int extra, boolean controlled,
      IpAdapterConfig adapter) {

  }

  private record ControlKey(PlanShape shape, List<Double> scales) {}

  private final Backend backend;
  private final UNetConditionConfig config;
  private final Network network;
  private final Updates updates; // or null

  /** A U-Net without updates of its weights. Backend and network stay the caller's. */
  public LatentDiffusion(Backend backend, UNetConditionConfig config, Network network) {
    this(backend, config, network, null);
  }

  private LatentDiffusion(Backend backend, UNetConditionConfig config, Network network, Updates updates) {
    this.backend = backend;
    this.config = config;
    this.network = network;
    this.updates = updates;
  }

  /** The same by the network with updates. */
  public LatentDiffusion with(Updates updates) {
    return new LatentDiffusion(backend, config, network, updates);
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
      Lease unet = network.lease(need(shape), run.preferredBytes());
      leases.add(unet);
      unet.enter();
      List<Lease> controls = controls(run, shape);
      leases.addAll(controls);
      controls.forEach(Lease::enter);
      UNetDenoiser denoiser = new UNetDenoiser(backend, run, unet, controls);
      owned.add(denoiser);
      ReverseProcess process = new ReverseProcess(run.trajectory(), denoiser, backend, run.samples(), run.guidance());
      owned.add(process);
      if (run.kept() != null) {
        KeptRegion kept =
            new KeptRegion(backend, run.kept().latents(), run.kept().mask(), run.kept().noise(), run.trajectory());
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
    return new PlanShape((run.conditions() + (run.guided() ? 1 : 0)) * run.samples(), run.height(), run.width(),
        run.context().shape().intDim(1), ids == null ? 0 : ids.shape().intDim(1),
        run.extra() == null ? 0 : run.extra().shape().intDim(1), !run.controls().isEmpty(), run.adapter());
  }

  private Graph graph(PlanShape shape) {
    return TimesAhead.of(UNet2DCondition.graph(config, shape.batch, shape.height, shape.width, shape.tokens,
        shape.timeIds, shape.extra, shape.controlled, shape.adapter), backend);
  }

  /** What the network's plan takes. */
  public Need need(PlanShape shape) {
    return new Need(UNET, network, shape, () -> graph(shape), Network.COMFORTABLE, true, updates);
  }

  /** What a control network's plan takes. */
  public Need need(String name, Control control, PlanShape unet, int samples) {
    UNetConditionConfig config = control.loaded().config();
    int batch = control.guess() && unet.batch > samples ? unet.batch - samples : unet.batch;
    double[] scales = control.scales(ControlNet.residuals(config));
    PlanShape shape = new PlanShape(batch, unet.height, unet.width, unet.tokens, config.textTime() ? unet.timeIds : 0,
        0, false, null);
    return new Need(name, control.loaded().network(), new ControlKey(shape, Arrays.stream(scales).boxed().toList()),
        () -> TimesAhead.of(ControlNet.graph(config, shape.batch, shape.height, shape.width, shape.tokens,
            shape.timeIds, scales), backend));
  }

  private List<Lease> controls(LatentRun run, PlanShape shape) {
    List<Lease> leases = new ArrayList<>();
    try {
      for (Control control : run.controls()) {
        leases.add(control.loaded().network().lease(need("controlnet", control, shape, run.samples()), Long.MAX_VALUE));
      }
      return leases;
    } catch (RuntimeException e) {
      leases.forEach(Lease::close);
      throw e;
    }
  }

  /** Writes what the network is told for a call, and what it is shown beside the sample. */
  static void write(LatentRun run, Plan network, int call) {
    int rows = network.in("sample").shape().intDim(0);
    run.write(network, rows, call);
    for (int first = 0; run.extra() != null && first < rows; first += run.samples()) {
      network.in("sample_extra").writeRows(run.extra(), first, run.samples());
    }
  }
}
