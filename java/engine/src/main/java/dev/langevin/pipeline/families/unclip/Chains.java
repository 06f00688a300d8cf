package dev.langevin.pipeline.families.unclip;

import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.stages.Chain;
import dev.langevin.pipeline.stages.PlanDenoiser;
import dev.langevin.plan.Plan;
import java.util.List;
import java.util.function.Consumer;

/** Chains from noise alone over one of the networks. */
final class Chains {

  private Chains() {}

  /**
   * On the backend's thread.
   *
   * @param sample the network's input that is sampled
   * @param steady fills the steady inputs, now and whenever they are to be written again
   */
  static Chain begin(UnClipModel model, UnClipShape shape, String network, String sample, Trajectory trajectory,
      double guidance, Run run,
      Consumer<Plan> steady) {
    Lease lease = lease(model, shape, network, run);
    try {
      lease.enter();
      PlanDenoiser denoiser = new PlanDenoiser(lease, sample, trajectory, () -> steady.accept(lease.plan()));
      return new Chain(model.backend, network,
          process(model, trajectory, denoiser, shape.samples(), guidance, run), List.of(lease), List.of());
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  static Lease lease(UnClipModel model, UnClipShape shape, String network, Run run) {
    return run.lease(model.need(network, shape));
  }

  static ReverseProcess process(UnClipModel model, Trajectory trajectory, Denoiser denoiser, int samples,
      double guidance, Run run) {
    ReverseProcess process = new ReverseProcess(trajectory, denoiser, model.backend, samples, guidance);
    process.begin(run.noise());
    return process;
  }
}
