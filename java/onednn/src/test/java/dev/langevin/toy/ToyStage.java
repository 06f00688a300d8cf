package dev.langevin.toy;

import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.image.Images;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.stages.Chain;
import dev.langevin.pipeline.stages.PlanDenoiser;
import dev.langevin.request.GenerationRequest;
import java.util.List;
import java.util.Map;

/** The one stage: a chain from noise. */
record ToyStage(ToyModel model, GenerationRequest request) implements Stage {

  @Override
  public String name() {
    return "sample";
  }

  @Override
  public List<Need> needs() {
    return List.of(model.need(request.samples()));
  }

  @Override
  public Pace pace() {
    return new Pace(request.samples(), (long) request.samples() * 3 * ToyModel.SIDE * ToyModel.SIDE, request.steps());
  }

  @Override
  public void run(Run run) {
    run.walk(run.turn(() -> begin(run)), "sample");
    run.tensors().put("pictures", Images.signedToUnit(run.tensors().get("sample")));
  }

  private Chain begin(Run run) {
    Lease lease = run.lease(needs().getFirst());
    lease.enter();
    Trajectory trajectory =
        Schedulers.ofClass("DDIMScheduler", Map.of()).trajectory(TrajectoryOptions.steps(request.steps()));
    ReverseProcess process =
        new ReverseProcess(trajectory, new PlanDenoiser(lease, "sample", trajectory, () -> {}), model.backend());
    process.begin(run.noise());
    return new Chain(model.backend(), "pixels", process, List.of(lease), List.of());
  }
}
