package dev.langevin.pipeline.families.pixels;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.backend.Closing;
import dev.langevin.config.ConfigValues;
import dev.langevin.config.Configurations;
import dev.langevin.config.UnreadFields;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TorchGenerator;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.graph.Graph;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.pipeline.engine.FiniteWeights;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.plan.TimesAhead;
import dev.langevin.request.ClassNames;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.LoadSetting;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.Setting;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A U-Net over pixels and its sampler, opened and checked. */
final class PixelModel implements Model {

  /** Samples that the reverse chain holds: the registers of a transition, copies of the result, pictures. */
  private static final int REGISTERS = 18;

  private static final int USUAL_STEPS = 50;

  final UNet2DConfig config;
  final Backend backend;
  final Network network;
  private final Path schedulerFile;
  private final Map<String, Object> schedulerConfig;
  private final ModelWeights weights;
  private final int side;
  private final ClassNames classNames;

  private PixelModel(
      Backend backend, UNet2DConfig config, Path schedulerFile, Map<String, Object> schedulerConfig,
      ModelWeights weights, ClassNames classNames, LoadOptions options) {
    this.classNames = classNames;
    this.backend = backend;
    this.config = config;
    this.schedulerFile = schedulerFile;
    this.schedulerConfig = schedulerConfig;
    this.weights = weights;
    this.side = config.sampleSize() != null ? config.sampleSize() : 32;
    Network made = new Network(Sample.UNET, backend, options.precision(), FiniteWeights.cache(options), weights);
    this.network = options.maxBytes() == Long.MAX_VALUE ? made : made.thrifty();
  }

  static PixelModel load(ModelFolder folder, LoadOptions options) {
    LoadSetting.requireHonoured(options, Set.of(), "pixel-space diffusion");
    requireKnown(folder);
    UNet2DConfig config;
    Map<String, Object> json = folder.config("unet");
    try {
      config = UNet2DConfig.of(json);
      requireSide(config);
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder.component("unet") + "/" + e.getMessage(), e);
    }
    Map<String, Object> schedulerConfig = folder.schedulerConfig();
    try {
      Schedulers.fromConfig(schedulerConfig);
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder.schedulerFile() + ": " + e.getMessage(), e);
    }
    ClassNames names = classNames(folder);
    ModelWeights weights = folder.weights("unet");
    Backend backend = null;
    try {
      weights.requireLayers(Configurations.UNET2D, json);
      UnreadFields.tell(Configurations.UNET2D, folder.component("unet").toString(), json, options.findings());
      backend = Backend.open(options.backend(), BackendOptions.usual());
      PixelModel loaded = new PixelModel(backend, config, folder.schedulerFile(), schedulerConfig, weights, names,
          options);
      weights.requireFit(loaded.graph(1, loaded.side, loaded.side).storedWeights(), options.findings());
      FiniteWeights.require(weights, options);
      return loaded;
    } catch (IllegalArgumentException e) {
      close(weights, backend);
      throw new WeightsException(folder.component("unet") + "/" + e.getMessage(), e);
    } catch (RuntimeException e) {
      close(weights, backend);
      throw e;
    }
  }

  private static ClassNames classNames(ModelFolder folder) {
    try {
      return ClassNames.of((Map<?, ?>) ConfigValues.of(Configurations.MODEL_INDEX, folder.options()).given("id2label"));
    } catch (IllegalArgumentException e) {
      throw new WeightsException(folder.index() + ": " + e.getMessage(), e);
    }
  }

  private static void close(ModelWeights weights, Backend backend) {
    weights.close();
    if (backend != null) {
      backend.close();
    }
  }

  private static void requireKnown(ModelFolder folder) {
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

  private static void requireSide(UNet2DConfig config) {
    if (config.sampleSize() != null && config.sampleSize() % config.reduction() != 0) {
      throw new IllegalArgumentException(
          "config.json: sample_size is " + config.sampleSize() + ", must be a multiple of " + config.reduction());
    }
  }

  Graph graph(int batch, int height, int width) {
    int reduction = config.reduction();
    if (height % reduction != 0 || width % reduction != 0) {
      throw new IllegalArgumentException(
          "the size is " + width + "x" + height + "; both sides must be multiples of " + reduction);
    }
    return TimesAhead.of(UNet2D.graph(config, batch, height, width), backend);
  }

  /** @throws IllegalArgumentException naming the sampler's file, if it makes no such run */
  Trajectory trajectory(String sampler, TrajectoryOptions options) {
    Scheduler scheduler = scheduler(sampler);
    try {
      return scheduler.trajectory(options);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(schedulerFile + ": " + e.getMessage(), e);
    }
  }

  Scheduler scheduler(String name) {
    if (name != null) {
      return Schedulers.named(name, schedulerConfig);
    }
    // DDIM is as good in tens of steps as the chain's own ancestral sampling in a thousand
    return "DDPMScheduler".equals(schedulerConfig.get("_class_name"))
        ? Schedulers.ofClass("DDIMScheduler", schedulerConfig)
        : Schedulers.fromConfig(schedulerConfig);
  }

  @Override
  public Backend backend() {
    return backend;
  }

  @Override
  public ModelFacts facts() {
    return new ModelFacts("pixel-space diffusion", side, side, config.reduction(), scheduler(null).className(), false,
        config.classConditional(), false, false, 1, classNames);
  }

  @Override
  public Set<Setting> honours() {
    return EnumSet.of(Setting.LABEL, Setting.SIZE, Setting.SAMPLER, Setting.TIMESTEPS, Setting.ETA);
  }

  @Override
  public GenerationRequest complete(GenerationRequest request) {
    int steps = request.steps() != null ? request.steps() : USUAL_STEPS;
    return request.toBuilder().size(width(request), height(request)).steps(steps)
        .guidance(request.guidance() != null ? request.guidance() : 1).build();
  }

  @Override
  public List<Stage> stages(GenerationRequest request) {
    return List.of(new Sample(this, request));
  }

  private int width(GenerationRequest request) {
    return request.width() != null ? request.width() : side;
  }

  private int height(GenerationRequest request) {
    return request.height() != null ? request.height() : side;
  }

  @Override
  public long bytesBeside(GenerationRequest request) {
    return (long) REGISTERS * request.samples() * config.inChannels() * request.height() * request.width()
        * Float.BYTES;
  }

  @Override
  public NoiseSource noise(GenerationRequest request) {
    return new TorchGenerator(request.seed());
  }

  @Override
  public void close() {
    Closing.all(List.of(backend, weights, () -> backend.call(() -> {
      network.close();
      return null;
    })));
  }
}
