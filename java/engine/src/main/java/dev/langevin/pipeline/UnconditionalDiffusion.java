package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/**
 * Pixel-space diffusion, unconditional or by class (arXiv:2006.11239): a U-Net and a sampler, as diffusers' DDPM, DDIM and
 * other pipelines of these two components save them. Owned by whoever loaded it. Requests from several threads run one after
 * another; the plan of the last batch size is kept for the next request.
 */
public final class UnconditionalDiffusion implements AutoCloseable {

  private static final Set<String> PIPELINES = Set.of(
      "DDPMPipeline", "DDIMPipeline", "PNDMPipeline", "ConsistencyModelPipeline", "DiffusionPipeline");

  private final Backend backend;
  private final UNet2DConfig config;
  private final Map<String, Object> schedulerConfig;
  private final ModelWeights weights;
  private final int side;
  private Plan plan; // of the last batch, used on the backend's thread only
  private int planned;
  private boolean closed;

  private UnconditionalDiffusion(
      Backend backend, UNet2DConfig config, Map<String, Object> schedulerConfig, ModelWeights weights) {
    this.backend = backend;
    this.config = config;
    this.schedulerConfig = schedulerConfig;
    this.weights = weights;
    this.side = config.sampleSize() != null ? config.sampleSize() : 32;
  }

  /** {@link #load(Path, Backend, Consumer)} that refuses weights that are not finite. */
  public static UnconditionalDiffusion load(Path path, Backend backend) {
    return load(path, backend, warning -> {
      throw new WeightsException(warning);
    });
  }

  /**
   * Reads a diffusers folder and checks all of it: index, configurations, names, shapes, types and values of the weights.
   *
   * @param backend the model holds a share of it until it is closed; the caller's own may be closed before
   * @param warnings told of weights that are NaN or infinite, which make grey or black pictures
   * @throws WeightsException if a file is missing or malformed, or files do not belong together, naming the entry at fault
   */
  public static UnconditionalDiffusion load(Path path, Backend backend, Consumer<String> warnings) {
    ModelFolder folder = new ModelFolder(path);
    requireKnown(folder);
    UNet2DConfig config;
    try {
      config = UNet2DConfig.of(folder.config("unet"));
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder.component("unet") + "/" + e.getMessage(), e);
    }
    Map<String, Object> schedulerConfig = folder.schedulerConfig();
    try {
      Schedulers.fromConfig(schedulerConfig);
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder.schedulerFile() + ": " + e.getMessage(), e);
    }
    ModelWeights weights = folder.weights("unet");
    Backend own = backend.share();
    try {
      UnconditionalDiffusion loaded = new UnconditionalDiffusion(own, config, schedulerConfig, weights);
      weights.requireFit(loaded.graph(1, loaded.side, loaded.side).storedWeights());
      List<String> notFinite = weights.notFinite();
      if (!notFinite.isEmpty()) {
        warnings.accept(weights.path() + ": " + notFinite.size() + " tensors hold NaN or infinite values, such as "
            + notFinite.subList(0, Math.min(10, notFinite.size())) + "; download the file again, or convert it from f32");
      }
      return loaded;
    } catch (IllegalArgumentException e) {
      own.close();
      weights.close();
      throw new WeightsException(folder.component("unet").resolve("config.json") + ": " + e.getMessage(), e);
    } catch (RuntimeException e) {
      own.close();
      weights.close();
      throw e;
    }
  }

  private static void requireKnown(ModelFolder folder) {
    String pipeline = folder.pipelineClass();
    if (!PIPELINES.contains(pipeline)) {
      throw new WeightsException(folder.index() + ": _class_name is " + pipeline + "; known are " + new TreeSet<>(PIPELINES)
          + ", and with a prompt those of Stable Diffusion");
    }
    folder.components().forEach((name, className) -> {
      boolean known = switch (name) {
        case "unet" -> className.equals("UNet2DModel");
        case "scheduler" -> Schedulers.classNames().contains(className);
        default -> false;
      };
      if (!known) {
        throw new WeightsException(folder.index() + ": " + name + " is " + className
            + "; this pipeline knows a unet of class UNet2DModel and a scheduler of " + Schedulers.classNames());
      }
    });
  }

  /** Whether requests need a label. */
  public boolean classConditional() {
    return config.classConditional();
  }

  /** The network compiled for a batch of pictures of the model's own size; the caller closes it. */
  public Plan plan(int batch) {
    return plan(batch, side, side);
  }

  /**
   * The network compiled for a batch; the caller closes it.
   *
   * @param height in pixels, a multiple of the network's total reduction, as is {@code width}
   */
  public Plan plan(int batch, int height, int width) {
    return new Planner(backend).plan(graph(batch, height, width), weights);
  }

  private Graph graph(int batch, int height, int width) {
    int reduction = 1 << config.downBlocks().size() - 1;
    if (batch < 1 || height < 1 || width < 1 || height % reduction != 0 || width % reduction != 0) {
      throw new IllegalArgumentException("a batch of " + batch + " pictures of " + width + "x" + height
          + " cannot be planned; the batch must be at least 1, both sides multiples of " + reduction);
    }
    return UNet2D.graph(config, batch, height, width);
  }

  /**
   * Samples pictures with torch's random numbers for the seed.
   *
   * @return (N, C, H, W) f32 in [-1, 1] but for rounding, in memory of its own
   */
  public Tensor generate(UnconditionalRequest request, ReverseProcess.StepListener listener) {
    return generate(request, new TorchGenerator(request.seed()), null, listener);
  }

  /** As {@link #generate(UnconditionalRequest, ReverseProcess.StepListener)}, with noise and labels (N, or null) of the caller's. */
  public Tensor generate(
      UnconditionalRequest request, NoiseSource noise, long[] labels, ReverseProcess.StepListener listener) {
    Trajectory trajectory = scheduler(request.sampler()).trajectory(TrajectoryOptions.steps(request.steps()));
    return backend.call(() -> {
      boolean guided = request.guidance() != 1;
      keepPlan(guided ? 2 * request.count() : request.count());
      setLabels(plan, request, labels, guided);
      try (ReverseProcess process = guided
          ? new ReverseProcess(trajectory, new PlanDenoiser(plan), backend, request.count(), request.guidance())
          : new ReverseProcess(trajectory, new PlanDenoiser(plan), backend)) {
        return process.sample(noise, listener);
      }
    });
  }

  private void keepPlan(int batch) {
    if (plan == null || planned != batch) {
      Plan earlier = plan;
      plan = null;
      plan = new Planner(backend).replace(earlier, graph(batch, side, side), weights);
      planned = batch;
    }
  }

  private Scheduler scheduler(String name) {
    if (name != null) {
      return Schedulers.named(name, schedulerConfig);
    }
    // DDIM is as good in tens of steps as the chain's own ancestral sampling in a thousand
    return "DDPMScheduler".equals(schedulerConfig.get("_class_name"))
        ? Schedulers.ofClass("DDIMScheduler", schedulerConfig)
        : Schedulers.fromConfig(schedulerConfig);
  }

  private void setLabels(Plan plan, UnconditionalRequest request, long[] labels, boolean guided) {
    if (guided && config.classes() == null) {
      throw new IllegalArgumentException("this model has no table of classes, of which the last could stand for none; leave guidance away");
    }
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
    DeviceTensor target = plan.in("class_labels");
    long[] rows = new long[(int) target.shape().elements()];
    for (int i = 0; i < all.length; i++) {
      if (config.classes() != null && (all[i] < 0 || all[i] >= config.classes())) {
        throw new IllegalArgumentException("class " + all[i] + " does not exist; this model has 0 to " + (config.classes() - 1));
      }
      if (guided) { // the half without a class comes first
        rows[i] = config.classes() - 1;
        rows[all.length + i] = all[i];
      } else {
        rows[i] = all[i];
      }
    }
    if (target.dtype() == DType.I64) {
      target.write(rows);
    } else {
      target.write(Tensor.ofLongs(rows, rows.length).toFloats());
    }
  }

  @Override
  public void close() {
    if (closed) {
      return;
    }
    closed = true;
    backend.call(() -> {
      if (plan != null) {
        plan.close();
        plan = null;
      }
      return null;
    });
    backend.close();
    weights.close();
  }

  /** The plan as the reverse chain sees it: memory to write, memory to read, and a run between. */
  private record PlanDenoiser(Plan plan, DeviceTensor input, DeviceTensor output, DeviceTensor timestep) implements Denoiser {
    PlanDenoiser(Plan plan) {
      this(plan, plan.in("sample"), plan.out("out"), plan.in("timestep"));
    }

    @Override
    public void predict(double time) {
      if (timestep.dtype() == DType.I64) {
        long[] times = new long[(int) timestep.shape().elements()];
        Arrays.fill(times, (long) time);
        timestep.write(times);
      } else {
        timestep.fill(time);
      }
      plan.run();
    }
  }
}
