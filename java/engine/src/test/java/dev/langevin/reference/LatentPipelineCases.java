package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.backend.Backend;
import dev.langevin.diffusion.ForwardProcess;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.Control;
import dev.langevin.pipeline.LatentCodec;
import dev.langevin.pipeline.LatentDiffusion;
import dev.langevin.pipeline.LatentRun;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Stable Diffusion's pipelines from the stored prompt embeddings on: noise, guidance, every latent, the picture. */
final class LatentPipelineCases implements CaseRunner {

  private static final Set<String> CLASSES = Set.of("StableDiffusionPipeline", "StableDiffusionImg2ImgPipeline",
      "StableDiffusionInpaintPipeline", "LatentConsistencyModelPipeline", "StableDiffusionControlNetPipeline",
      "StableDiffusionUpscalePipeline", "StableDiffusionXLPipeline", "StableDiffusionXLImg2ImgPipeline",
      "StableDiffusionXLInpaintPipeline");

  @Override
  public boolean accepts(ReferenceCase c) {
    return (c.family().equals("pipelines_sd") || c.family().equals("pipelines_sdxl")) && CLASSES.contains(c.className());
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    ModelFolder folder = new ModelFolder(c.model());
    List<ModelWeights> opened = new ArrayList<>();
    try {
      Run run = new Run(c, folder, opened);
      run.execute();
    } finally {
      opened.forEach(ModelWeights::close);
    }
  }

  /** One case. */
  private static final class Run {

    private final ReferenceCase c;
    private final ModelFolder folder;
    private final List<ModelWeights> opened;
    private final Backend backend = Backend.named("onednn");
    private final JsonNode call;
    private final UNetConditionConfig config;
    private final Scheduler scheduler;
    private final Map<String, Object> index;
    private int drawn;

    Run(ReferenceCase c, ModelFolder folder, List<ModelWeights> opened) throws Exception {
      this.c = c;
      this.folder = folder;
      this.opened = opened;
      this.call = c.json().get("call");
      this.index = ReferenceCase.map(folder.index());
      this.config = UNetConditionConfig.of(folder.config("unet"));
      this.scheduler = Schedulers.fromConfig(ReferenceCase.map(
          c.dir().resolve(c.json().at("/scheduler_dir/scheduler").textValue()).resolve("scheduler_config.json")));
    }

    private ModelWeights weights(String component) {
      ModelWeights weights = folder.weights(component);
      opened.add(weights);
      return weights;
    }

    private void draw(Tensor target) {
      target.data().copyFrom(c.tensor("noise.%03d".formatted(drawn++)).data());
    }

    void execute() {
      AutoencoderConfig vae = AutoencoderConfig.of(folder.config("vae"));
      try (LatentCodec codec = new LatentCodec(backend, vae, weights("vae"));
          LatentDiffusion diffusion = new LatentDiffusion(backend, config, weights("unet"))) {
        Shape latents = c.tensor("latents").row(0).shape();
        NoiseSource noise = this::draw;
        LatentRun run = request(codec, latents, noise);
        Tensor expected = c.tensor("latents");
        double bound = c.json().at("/tolerance/latent_max_abs").doubleValue();
        // for inpainting the start's noise was drawn with the pictures: it is given again here
        NoiseSource start = startNoise == null ? noise : new NoiseSource() {
          private boolean begun;

          @Override
          public void fill(Tensor target) {
            if (begun) {
              draw(target);
            } else {
              target.data().copyFrom(startNoise.data());
              begun = true;
            }
          }
        };
        Tensor result = diffusion.sample(run, start, (done, calls, x, x0) -> {
          // the stored last row of an inpainting run is the step's result before what is kept was put back
          if (run.constraint() == null || done < calls) {
            Closeness.assertClose("latents[" + done + "]", x, expected.row(done), bound);
          }
          return true;
        });
        float[] image = codec.decode(result, null).toFloats();
        for (int i = 0; i < image.length; i++) {
          image[i] = Math.clamp(image[i] / 2 + 0.5f, 0f, 1f);
        }
        Closeness.assertClose("image", image, c.tensor("image").toFloats(), c.maxAbs());
      }
    }

    private Tensor startNoise;

    private LatentRun request(LatentCodec codec, Shape latents, NoiseSource noise) {
      int samples = latents.intDim(0);
      double guidance = call.get("guidance_scale").doubleValue();
      Tensor negative = c.has("negative_prompt_embeds") && guidance > 1 && config.timeConditionDim() == null
          ? c.tensor("negative_prompt_embeds") : null;
      double rescale = call.path("guidance_rescale").asDouble(0);
      Map<String, Tensor> inputs = new HashMap<>();
      Map<String, Tensor> negativeInputs = inputs;
      if (config.textTime()) {
        negativeInputs = new HashMap<>();
        inputs.put("text_embeds", c.tensor("pooled_prompt_embeds"));
        if (negative != null) {
          negativeInputs.put("text_embeds", c.tensor("negative_pooled_prompt_embeds"));
        }
        timeIds(latents, codec.reduction(), inputs, negativeInputs);
      }
      boolean resumed = call.path("denoising_start").isNumber();
      Tensor extra = null;
      Tensor start = null;
      ReverseProcess.Constraint constraint = null;
      int startIndex = 0;
      boolean pictured = c.className().contains("Img2Img") || c.className().contains("Inpaint");
      double strength = call.path("strength").asDouble(1);
      if (pictured) {
        int steps = call.get("num_inference_steps").intValue();
        startIndex = Math.max(0, steps - Math.min((int) (steps * strength), steps)) * scheduler.callsPerStep();
      }
      if (resumed) { // what is left of the chain below that share of the training timesteps
        int trained = scheduler.trainTimesteps();
        long cutoff = Math.round(trained - call.get("denoising_start").doubleValue() * trained);
        double[] all = scheduler.trajectory(options(0)).timesteps();
        startIndex = (int) java.util.Arrays.stream(all).filter(t -> t >= cutoff).count();
      }
      Trajectory trajectory = scheduler.trajectory(options(startIndex));
      if (resumed) {
        start = c.tensor("input.latents_from_base");
      } else if (c.className().contains("Img2Img")) {
        start = codec.encode(signed(c.tensor("input.image")), 1, noise, null);
      } else if (c.className().contains("Inpaint")) {
        boolean nine = config.inChannels() == 9;
        Tensor image = nine && strength == 1 ? null : codec.encode(signed(c.tensor("input.image")), 1, noise, null);
        startNoise = Tensor.allocate(DType.F32, latents);
        noise.fill(startNoise);
        Tensor mask = mask(latents);
        Tensor masked = codec.encode(masked(), 1, noise, null);
        if (nine) {
          extra = stack(mask, masked);
        } else {
          constraint = keep(image, mask, trajectory);
        }
        start = strength == 1 ? null : image;
      } else if (config.timeConditionDim() != null) {
        inputs.put("timestep_cond", guidanceEmbedding(guidance - 1, config.timeConditionDim()));
      } else if (c.className().contains("Upscale")) {
        extra = noisy(noise);
        inputs.put("class_labels", Tensor.ofLongs(new long[] {call.get("noise_level").longValue()}, 1));
      }
      return new LatentRun(samples, latents.intDim(2), latents.intDim(3), trajectory, guidance, rescale, c.tensor("prompt_embeds"),
          negative, inputs, negativeInputs, extra, start, resumed, constraint, controls());
    }

    /** Sizes that the network is told: the original's, where it was cut, and the target's or how beautiful it is to be. */
    private void timeIds(Shape latents, int reduction, Map<String, Tensor> inputs, Map<String, Tensor> negative) {
      double[] size = {latents.dim(2) * reduction, latents.dim(3) * reduction};
      boolean scored = Boolean.TRUE.equals(index.get("requires_aesthetics_score"));
      double[] original = numbers("original_size", size);
      double[] crop = numbers("crops_coords_top_left", new double[] {0, 0});
      double[] target = scored ? new double[] {call.path("aesthetic_score").asDouble(6)} : numbers("target_size", size);
      double[] negativeOriginal = numbers("negative_original_size", original);
      double[] negativeTarget = scored
          ? new double[] {call.path("negative_aesthetic_score").asDouble(2.5)}
          : numbers("negative_target_size", target);
      double[] negativeCrop = call.has("negative_original_size") ? new double[] {0, 0} : crop;
      inputs.put("time_ids", ids(original, crop, target));
      negative.put("time_ids", ids(negativeOriginal, negativeCrop, negativeTarget));
    }

    private double[] numbers(String key, double[] byDefault) {
      JsonNode node = call.path(key);
      return node.isArray() ? new double[] {node.get(0).asDouble(), node.get(1).asDouble()} : byDefault;
    }

    private static Tensor ids(double[]... parts) {
      double[] all = java.util.Arrays.stream(parts).flatMapToDouble(java.util.Arrays::stream).toArray();
      float[] values = new float[all.length];
      for (int i = 0; i < values.length; i++) {
        values[i] = (float) all[i];
      }
      return Tensor.ofFloats(values, 1, values.length);
    }

    private TrajectoryOptions options(int startIndex) {
      Map<String, Object> step = new HashMap<>();
      if (call.path("eta").isNumber()) {
        step.put("eta", call.get("eta").doubleValue());
      }
      Map<String, Object> schedule = new HashMap<>();
      int steps = call.path("num_inference_steps").asInt(1);
      if (call.path("timesteps").isArray()) {
        double[] timesteps = new double[call.get("timesteps").size()];
        for (int i = 0; i < timesteps.length; i++) {
          timesteps[i] = call.get("timesteps").get(i).doubleValue();
        }
        schedule.put("timesteps", timesteps);
        steps = timesteps.length;
      }
      return new TrajectoryOptions(steps, startIndex, schedule, step);
    }

    private static Tensor signed(Tensor unit) {
      float[] values = unit.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] = 2 * values[i] - 1;
      }
      return Tensor.ofFloats(values, unit.shape().dims());
    }

    /** 1 where the picture is repainted, at the latents' pixels (1, 1, h, w). */
    private Tensor mask(Shape latents) {
      Tensor full = c.tensor("input.mask_image"); // (1, 1, H, W)
      float[] values = full.toFloats();
      int h = latents.intDim(2);
      int w = latents.intDim(3);
      int factor = full.shape().intDim(2) / h;
      float[] small = new float[h * w];
      for (int i = 0; i < small.length; i++) {
        small[i] = values[i / w * factor * w * factor + i % w * factor] >= 0.5f ? 1 : 0;
      }
      return Tensor.ofFloats(small, 1, 1, h, w);
    }

    private Tensor masked() {
      Tensor image = signed(c.tensor("input.image"));
      float[] mask = c.tensor("input.mask_image").toFloats();
      float[] values = image.toFloats();
      for (int i = 0; i < values.length; i++) {
        values[i] = mask[i % mask.length] < 0.5f ? values[i] : 0;
      }
      return Tensor.ofFloats(values, image.shape().dims());
    }

    private static Tensor stack(Tensor mask, Tensor latents) {
      float[] a = mask.toFloats();
      float[] b = latents.toFloats();
      float[] both = java.util.Arrays.copyOf(a, a.length + b.length);
      System.arraycopy(b, 0, both, a.length, b.length);
      return Tensor.ofFloats(both, 1, 1 + latents.shape().dim(1), latents.shape().dim(2), latents.shape().dim(3));
    }

    private ReverseProcess.Constraint keep(Tensor image, Tensor mask, Trajectory trajectory) {
      float[] picture = image.toFloats();
      float[] paint = mask.toFloats();
      float[] noise = startNoise.toFloats();
      return (x, next) -> {
        double[] timesteps = trajectory.timesteps();
        Trajectory.NoiseLevel level =
            next < timesteps.length ? trajectory.noiseLevel(timesteps[next]) : new Trajectory.NoiseLevel(1, 0);
        float[] values = x.toFloats();
        for (int i = 0; i < values.length; i++) {
          double kept = level.signal() * picture[i] + level.noise() * noise[i];
          float m = paint[i % paint.length];
          values[i] = (float) ((1 - m) * kept + m * values[i]);
        }
        x.data().copyFrom(java.lang.foreign.MemorySegment.ofArray(values));
      };
    }

    /** The sinusoid of a guidance scale (arXiv:2310.04378). */
    private static Tensor guidanceEmbedding(double scale, int width) {
      float[] values = new float[width];
      int half = width / 2;
      for (int i = 0; i < half; i++) {
        float angle = (float) (scale * 1000) * (float) Math.exp((float) i * (float) -(Math.log(10000) / (half - 1)));
        values[i] = (float) Math.sin(angle);
        values[half + i] = (float) Math.cos(angle);
      }
      return Tensor.ofFloats(values, 1, width);
    }

    /** The small picture with the noise of the level that the network is told. */
    private Tensor noisy(NoiseSource noise) {
      Tensor image = signed(c.tensor("input.image"));
      Tensor drawnNoise = Tensor.allocate(DType.F32, image.shape());
      noise.fill(drawnNoise);
      try {
        Scheduler low = Schedulers.fromConfig(
            ReferenceCase.map(c.model().resolve("low_res_scheduler").resolve("scheduler_config.json")));
        Trajectory.NoiseLevel level =
            new ForwardProcess(low.noiseSchedule().orElseThrow()).level(call.get("noise_level").intValue());
        float[] a = image.toFloats();
        float[] b = drawnNoise.toFloats();
        for (int i = 0; i < a.length; i++) {
          a[i] = (float) (level.signal() * a[i] + level.noise() * b[i]);
        }
        return Tensor.ofFloats(a, image.shape().dims());
      } catch (java.io.IOException e) {
        throw new java.io.UncheckedIOException(e);
      }
    }

    private List<Control> controls() {
      List<Control> controls = new ArrayList<>();
      for (String name : new String[] {"controlnet", "controlnet_1"}) {
        if (!folder.components().containsKey("controlnet") || !java.nio.file.Files.isDirectory(c.model().resolve(name))) {
          continue;
        }
        int index = controls.size();
        JsonNode scale = call.path("controlnet_conditioning_scale");
        String stored = c.has("input.image." + index) ? "input.image." + index : "input.image";
        controls.add(new Control(UNetConditionConfig.of(folder.config(name)), weights(name), c.tensor(stored),
            scale.isArray() ? scale.get(index).doubleValue() : scale.asDouble(1),
            call.path("control_guidance_start").asDouble(0), call.path("control_guidance_end").asDouble(1),
            call.path("guess_mode").asBoolean(false)));
      }
      return controls;
    }
  }
}
