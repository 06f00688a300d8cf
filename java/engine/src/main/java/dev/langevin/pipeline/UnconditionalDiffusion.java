package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.JavaTransitionKernel;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.SafetensorsFile;
import dev.langevin.weights.WeightsException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/**
 * Pixel-space diffusion, unconditional or by class (arXiv:2006.11239): a U-Net and a sampler, as diffusers' DDPM and DDIM
 * pipelines save them. Owned by whoever loaded it. Requests from several threads run one after another.
 */
public final class UnconditionalDiffusion implements AutoCloseable {

  private static final Set<String> PIPELINES = Set.of("DDPMPipeline", "DDIMPipeline");

  private final Backend backend;
  private final UNet2DConfig config;
  private final Map<String, Object> schedulerConfig;
  private final SafetensorsFile weights;
  private final int side;

  private UnconditionalDiffusion(Backend backend, ModelFolder folder) {
    this.backend = backend;
    this.config = UNet2DConfig.of(folder.config("unet"));
    this.schedulerConfig = folder.schedulerConfig();
    this.side = config.sampleSize() != null ? config.sampleSize() : 32;
    this.weights = folder.weights("unet");
  }

  /**
   * Reads a diffusers folder.
   *
   * @throws WeightsException if a file is missing or malformed, or the pipeline's class is not one of these
   */
  public static UnconditionalDiffusion load(Path path, Backend backend) {
    ModelFolder folder = new ModelFolder(path);
    String pipeline = folder.pipelineClass();
    if (!PIPELINES.contains(pipeline)) {
      throw new WeightsException(path.resolve("model_index.json") + ": _class_name is " + pipeline + "; known are "
          + new TreeSet<>(PIPELINES));
    }
    return new UnconditionalDiffusion(backend, folder);
  }

  /** Whether requests need a label. */
  public boolean classConditional() {
    return config.classConditional();
  }

  /**
   * The network compiled for a batch; the caller closes it.
   *
   * @throws WeightsException if the file holds weights that the network has no place for
   */
  public Plan plan(int batch) {
    var graph = UNet2D.graph(config, batch, side, side);
    Set<String> unused = new TreeSet<>(weights.names());
    Set<String> used = new HashSet<>();
    graph.weights().forEach(w -> w.parts().forEach(part -> used.add(part.name())));
    unused.removeAll(used);
    if (!unused.isEmpty()) {
      throw new WeightsException(weights.path() + ": " + unused.size() + " tensors have no place in the network, such as "
          + unused.stream().limit(10).toList() + "; do the configuration and the weights belong together?");
    }
    return new Planner(backend).plan(graph, weights);
  }

  /**
   * Samples pictures with torch's random numbers for the seed.
   *
   * @return (N, C, H, W) f32 in [-1, 1] but for rounding, in memory of its own
   */
  public Tensor generate(GenerationRequest request, ReverseProcess.StepListener listener) {
    return generate(request, new TorchGenerator(request.seed()), null, listener);
  }

  /** As {@link #generate(GenerationRequest, ReverseProcess.StepListener)}, with noise and labels (N, or null) of the caller's. */
  public Tensor generate(
      GenerationRequest request, NoiseSource noise, long[] labels, ReverseProcess.StepListener listener) {
    Trajectory trajectory = scheduler(request.sampler()).trajectory(TrajectoryOptions.steps(request.steps()));
    return backend.call(() -> {
      try (Plan plan = plan(request.count())) {
        setLabels(plan, request, labels);
        PlanDenoiser denoiser = new PlanDenoiser(plan);
        try (ReverseProcess process = new ReverseProcess(trajectory, denoiser, new JavaTransitionKernel())) {
          Tensor result = process.sample(noise, listener);
          return Tensor.ofFloats(result.toFloats(), result.shape().dims());
        }
      }
    });
  }

  private Scheduler scheduler(String className) {
    if (className == null) {
      return Schedulers.fromConfig(schedulerConfig);
    }
    Map<String, Object> config = new HashMap<>(schedulerConfig);
    config.keySet().removeIf(key -> key.startsWith("_"));
    config.keySet().removeAll(className.equals("DDPMScheduler") ? Set.of() : Set.of("variance_type"));
    if (!className.equals("DDPMScheduler") && !className.equals("DDIMScheduler")) {
      config.keySet().removeAll(Set.of("clip_sample", "clip_sample_range", "thresholding", "dynamic_thresholding_ratio",
          "sample_max_value"));
    }
    return Schedulers.ofClass(className, config);
  }

  private void setLabels(Plan plan, GenerationRequest request, long[] labels) {
    if (!plan.hasInput("class_labels")) {
      if (request.label() != null || labels != null) {
        throw new IllegalArgumentException("this model has no classes; leave the class away");
      }
      return;
    }
    long[] all = labels != null ? labels : new long[request.count()];
    if (labels == null) {
      if (request.label() == null) {
        throw new IllegalArgumentException("this model needs a class"
            + (config.classes() == null ? "" : " from 0 to " + (config.classes() - 1)));
      }
      Arrays.fill(all, request.label());
    }
    Tensor target = plan.input("class_labels");
    for (int i = 0; i < all.length; i++) {
      if (config.classes() != null && (all[i] < 0 || all[i] >= config.classes())) {
        throw new IllegalArgumentException("class " + all[i] + " does not exist; this model has 0 to " + (config.classes() - 1));
      }
      if (target.dtype() == DType.I64) {
        target.data().setAtIndex(ValueLayout.JAVA_LONG, i, all[i]);
      } else {
        target.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) all[i]);
      }
    }
  }

  @Override
  public void close() {
    weights.close();
  }

  /** The plan as the reverse chain sees it: memory to write, memory to read, and a run between. */
  private record PlanDenoiser(Plan plan, Tensor input, Tensor output, Tensor timestep) implements Denoiser {
    PlanDenoiser(Plan plan) {
      this(plan, plan.input("sample"), plan.output("out"), plan.input("timestep"));
    }

    @Override
    public void predict(double time) {
      for (long n = 0; n < timestep.shape().elements(); n++) {
        if (timestep.dtype() == DType.I64) {
          timestep.data().setAtIndex(ValueLayout.JAVA_LONG, n, (long) time);
        } else {
          timestep.data().setAtIndex(ValueLayout.JAVA_FLOAT, n, (float) time);
        }
      }
      plan.run();
    }
  }
}
