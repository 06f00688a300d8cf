package dev.langevin.pipeline.families.unclip;

import dev.langevin.diffusion.Trajectory;
import dev.langevin.image.Enlargement;
import dev.langevin.image.Images;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.engine.Walk;
import dev.langevin.pipeline.stages.Chain;
import dev.langevin.pipeline.stages.EnlargingDenoiser;
import dev.langevin.tensor.Tensor;
import java.util.List;

/** From a small picture to a large one; the last step is another network's. */
record Enlarge(UnClipModel model, UnClipShape shape) implements Stage {

  private static final String PICTURES = "pictures";

  @Override
  public String name() {
    return "enlarging";
  }

  /** One after the other: where memory is short, the first is freed before the second comes. */
  @Override
  public List<Need> needs() {
    return List.of(model.need("super_res_first", shape), model.need("super_res_last", shape));
  }

  @Override
  public Pace pace() {
    long side = model.superResolution.sampleSize();
    return new Pace(List.of("enlarging", shape.samples()), shape.samples() * 3 * side * side, shape.enlargingSteps());
  }

  @Override
  public void run(Run run) {
    int side = model.superResolution.sampleSize();
    Tensor large = Enlargement.bicubic(run.tensors().remove(Decoder.SMALL), side, side);
    Walk chain = run.turn(() -> begin(run, large));
    run.walk(chain, PICTURES);
    run.tensors().put(PICTURES, Images.signedToUnit(run.tensors().get(PICTURES)));
    run.tensors().keySet().removeIf(name -> name.startsWith("text."));
  }

  private Chain begin(Run run, Tensor large) {
    Trajectory trajectory = model.trajectory("super_res_scheduler", shape.enlargingSteps());
    EnlargingDenoiser networks = new EnlargingDenoiser(model.backend.memory(),
        Chains.lease(model, shape, "super_res_first", run), () -> second(run), trajectory, large);
    try {
      return new Chain(model.backend, "enlarging",
          Chains.process(model, trajectory, networks, shape.samples(), 1, run), List.of(), List.of(networks));
    } catch (RuntimeException e) {
      networks.close();
      throw e;
    }
  }

  private Lease second(Run run) {
    if (run.inTurn()) {
      model.network("super_res_first").release();
    }
    return Chains.lease(model, shape, "super_res_last", run);
  }
}
