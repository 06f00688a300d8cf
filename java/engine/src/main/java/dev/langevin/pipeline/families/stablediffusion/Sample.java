package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.diffusion.AdaptiveTrajectory;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.stages.Chain;
import dev.langevin.pipeline.stages.Composition;
import dev.langevin.pipeline.stages.Control;
import dev.langevin.pipeline.stages.LatentDiffusion;
import dev.langevin.pipeline.stages.LatentRun;
import dev.langevin.pipeline.starts.ChainStart;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The chain of latents: walked by the U-Net, with its control networks, from the request's start. Made for one request.
 */
final class Sample implements Stage {

  private final StableDiffusionModel model;
  private final GenerationRequest request;
  private final RequestShape shape;
  private final ChainStart start;
  private final Trajectory trajectory;
  private final int end;
  private ChainStart.Begun begun;
  private Composition composition; // or null

  Sample(StableDiffusionModel model, GenerationRequest request, RequestShape shape, ChainStart start) {
    this.model = model;
    this.request = request;
    this.shape = shape;
    this.start = start;
    Scheduler scheduler = model.samplers.of(request);
    if (scheduler.startsByStrength()) {
      requireWhole(scheduler);
      this.trajectory =
          model.samplers.trajectory(scheduler, new TrajectoryOptions(shape.steps(), 0, start.part(), step()));
    } else {
      int first = start.firstCall(request, scheduler, from -> model.samplers.trajectory(scheduler, options(from)));
      this.trajectory = model.samplers.trajectory(scheduler, options(first));
    }
    if (trajectory instanceof AdaptiveTrajectory && (request.samples() > 1 || request.mask() != null)) {
      throw new IllegalArgumentException("the sampler " + scheduler.className() + " chooses its steps by the whole"
          + " sample, so that it makes one picture at a time and paints no part of one; "
          + (request.samples() > 1 ? "ask for a count of 1" : "leave the mask away") + ", or take another sampler");
    }
    this.end = request.denoisingEnd() < 1 ? ChainStart.callAt(scheduler, trajectory, request.denoisingEnd())
        : trajectory.timesteps().length;
  }

  private void requireWhole(Scheduler scheduler) {
    boolean part = request.latents() != null || request.denoisingEnd() < 1;
    if (part || request.timesteps() != null) {
      throw new IllegalArgumentException("the sampler " + scheduler.className() + " has noise levels of its own, so"
          + " that it walks no " + (part ? "part of the chain" : "timesteps of the caller's")
          + "; take one of diffusers' samplers");
    }
  }

  private Map<String, Object> step() {
    return request.eta() == null ? Map.of() : Map.of("eta", request.eta());
  }

  private TrajectoryOptions options(int startIndex) {
    Map<String, Object> step = step();
    double[] timesteps = request.timesteps();
    return timesteps == null
        ? new TrajectoryOptions(shape.steps(), startIndex, Map.of(), step)
        : new TrajectoryOptions(timesteps.length, startIndex, Map.of("timesteps", timesteps), step);
  }

  /** Sets what the network is told where that is more than one unchanging text. */
  void composed(Composition told) {
    composition = told;
  }

  /**
   * The call of this run's first step, by which texts change: of a chain that another model began the one that it left
   * off at, else 0, also where a picture to begin with leaves out the first steps.
   */
  int firstCall() {
    return request.latents() == null ? 0 : trajectory.startIndex();
  }

  /** Calls of the network. */
  int calls() {
    return end - trajectory.startIndex();
  }

  /** The stage before: encodes what the chain begins with, and draws the noise that comes before the chain's. */
  Stage beginning() {
    return new Stage() {
      @Override
      public String name() {
        return "start";
      }

      @Override
      public List<Need> needs() {
        return start.needs();
      }

      @Override
      public void run(Run run) {
        begun = start.begin(run, trajectory);
      }
    };
  }

  @Override
  public String name() {
    return "sample";
  }

  @Override
  public List<Need> needs() {
    LatentDiffusion.PlanShape network = shape.network(model, request);
    List<Need> needs = new ArrayList<>();
    needs.add(shape.adapted().diffusion().need(network));
    for (Control control : controls()) {
      String name = needs.size() == 1 ? "controlnet" : "controlnet_" + (needs.size() - 1);
      needs.add(shape.adapted().diffusion().need(name, control, network, request.samples()));
    }
    return needs;
  }

  @Override
  public Pace pace() {
    long elements = shape.latents().elements() * shape.groups();
    return new Pace(shape.network(model, request), elements, calls());
  }

  @Override
  public void run(Run run) {
    LatentRun latents =
        new LatentRun(request.samples(), shape.latents().intDim(2), shape.latents().intDim(3), trajectory,
            shape.guidance(), request.guidanceRescale(), run.tensors().remove(Text.CONTEXT + Text.STATES),
            run.tensors().remove(Text.NEGATIVE + Text.STATES), taken(run, Text.CONTEXT), taken(run, Text.NEGATIVE),
            begun.extra(),
            begun.latents(), begun.goesOn(), end,
            request.imagePrompt() == null ? null : model.adapter(request.imagePrompt().scale()),
            begun.kept(), controls(), composition, run.preferredBytes(needs().getFirst()));
    Chain chain = run.turn(() -> shape.adapted().diffusion().begin(latents, begun.noise()));
    run.walk(chain, "latents");
  }

  private static Map<String, Tensor> taken(Run run, String prefix) {
    Map<String, Tensor> taken = new HashMap<>();
    run.tensors().keySet().removeIf(name -> {
      boolean own = name.startsWith(prefix);
      if (own) {
        taken.put(name.substring(prefix.length()), run.tensors().get(name));
      }
      return own;
    });
    return taken;
  }

  private List<Control> controls() {
    List<Control> controls = new ArrayList<>();
    for (int i = 0; i < model.controls.size(); i++) {
      GenerationRequest.ControlImage control = request.controls().get(i);
      long[] dims = control.image().shape().dims();
      controls.add(
          new Control(model.controls.get(i), control.image().reshape(1, dims[0], dims[1], dims[2]), control.scale(),
              control.start(), control.end(), control.guess()));
    }
    return controls;
  }
}
