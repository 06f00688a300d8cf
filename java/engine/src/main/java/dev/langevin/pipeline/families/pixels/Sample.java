package dev.langevin.pipeline.families.pixels;

import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.image.Images;
import dev.langevin.pipeline.engine.Lease;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.stages.Chain;
import dev.langevin.pipeline.stages.PlanDenoiser;
import dev.langevin.plan.Plan;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** The chain of pixels, from noise. */
final class Sample implements Stage {

  static final String UNET = "unet";

  private final PixelModel model;
  private final GenerationRequest request;
  private final boolean guided;
  private final double guidance;
  private final long[] labels; // one for each picture, or null
  private final Trajectory trajectory;

  Sample(PixelModel model, GenerationRequest request) {
    this.model = model;
    this.request = request;
    this.guidance = request.guidance();
    this.guided = guidance != 1;
    this.labels = labels();
    Map<String, Object> step = request.eta() == null ? Map.of() : Map.of("eta", request.eta());
    double[] timesteps = request.timesteps();
    this.trajectory = model.trajectory(request.sampler(), timesteps != null
        ? new TrajectoryOptions(timesteps.length, 0, Map.of("timesteps", timesteps), step)
        : new TrajectoryOptions(request.steps(), 0, Map.of(), step));
  }

  private long[] labels() {
    Integer classes = model.config.classes();
    if (guided && classes == null) {
      throw new IllegalArgumentException(
          "this model has no table of classes, of which the last could stand for none; leave guidance away");
    }
    long[] given = request.labels();
    if (!model.config.classConditional()) {
      if (given != null) {
        throw new IllegalArgumentException("this model has no classes; leave the class away");
      }
      return null;
    }
    if (given == null) {
      throw new IllegalArgumentException(
          "this model needs a class" + (classes == null ? "" : " from 0 to " + (classes - 1)));
    }
    for (long label : given) {
      if (classes != null && (label < 0 || label >= classes)) {
        throw new IllegalArgumentException("class " + label + " does not exist; this model has 0 to " + (classes - 1));
      }
    }
    if (given.length == request.samples()) {
      return given;
    }
    long[] all = new long[request.samples()];
    Arrays.fill(all, given[0]);
    return all;
  }

  private int batch() {
    return guided ? 2 * request.samples() : request.samples();
  }

  @Override
  public String name() {
    return "sample";
  }

  @Override
  public List<Need> needs() {
    return List.of(need());
  }

  private Need need() {
    return new Need(UNET, model.network, List.of(batch(), request.height(), request.width()),
        () -> model.graph(batch(), request.height(), request.width()), Network.COMFORTABLE, true);
  }

  @Override
  public Pace pace() {
    int height = request.height();
    int width = request.width();
    return new Pace(List.of(batch(), height, width), (long) batch() * model.config.inChannels() * height * width,
        trajectory.timesteps().length);
  }

  @Override
  public void run(Run run) {
    Chain chain = run.turn(() -> begin(run));
    run.walk(chain, "sample");
    run.tensors().put("pictures", Images.signedToUnit(run.tensors().get("sample")));
  }

  private Chain begin(Run run) {
    Lease lease = run.lease(need());
    try {
      lease.enter();
      PlanDenoiser network = new PlanDenoiser(lease, "sample", trajectory, () -> writeLabels(lease.plan()));
      ReverseProcess process =
          new ReverseProcess(trajectory, network, model.backend, request.samples(), guidance);
      process.begin(run.noise());
      return new Chain(model.backend, "pixels", process, List.of(lease), List.of());
    } catch (RuntimeException e) {
      lease.close();
      throw e;
    }
  }

  private void writeLabels(Plan plan) {
    if (labels == null) {
      return;
    }
    long[] rows = guided ? new long[2 * labels.length] : labels;
    if (guided) { // the half without a class comes first
      Arrays.fill(rows, 0, labels.length, model.config.classes() - 1);
      System.arraycopy(labels, 0, rows, labels.length, labels.length);
    }
    DeviceTensor target = plan.in("class_labels");
    if (target.dtype() == DType.I64) {
      target.write(rows);
    } else {
      target.write(Tensor.ofLongs(rows, rows.length).toFloats());
    }
  }
}
