package dev.langevin.reference;

import dev.langevin.backend.DeviceTensor;
import dev.langevin.diffusion.Denoiser;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.diffusion.ReverseProcess;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.models.UNet2D;
import dev.langevin.models.UNet2DConfig;
import dev.langevin.pipeline.stages.PlanDenoiser;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import java.util.HashMap;
import java.util.Map;

/** DDPMPipeline and DDIMPipeline from end to end, with the recorded noises. */
final class PixelPipelineCases implements CaseRunner {

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.className().equals("DDPMPipeline") || c.className().equals("DDIMPipeline");
  }

  @Override
  public void run(ReferenceCase c) throws Exception {
    ModelFolder folder = new ModelFolder(c.model());
    Map<String, Object> schedulerConfig = ReferenceCase.map(
        c.dir().resolve(c.json().at("/scheduler_dir/scheduler").textValue()).resolve("scheduler_config.json"));
    Map<String, Object> step = new HashMap<>();
    if (c.json().at("/call/eta").isNumber()) {
      step.put("eta", c.json().at("/call/eta").doubleValue());
    }
    if (c.json().at("/call/use_clipped_model_output").isBoolean()) {
      step.put("use_clipped_model_output", c.json().at("/call/use_clipped_model_output").booleanValue());
    }
    var trajectory = Schedulers.fromConfig(schedulerConfig).trajectory(
        new TrajectoryOptions(c.json().at("/call/num_inference_steps").intValue(), 0, Map.of(), step));
    Shape shape = c.tensor("initial_noise").shape();
    try (ModelWeights weights = folder.weights("unet");
        Plan plan = new Planner(TestedBackend.get()).plan(UNet2D.graph(
            UNet2DConfig.of(folder.config("unet")), shape.intDim(0), shape.intDim(2), shape.intDim(3)), weights);
        ReverseProcess process = new ReverseProcess(trajectory, new PlanDenoiser(plan), TestedBackend.get())) {
      Tensor latents = c.tensor("latents");
      int[] drawn = {0};
      NoiseSource recorded =
          target -> target.data().copyFrom(c.tensor("noise.%03d".formatted(drawn[0]++)).data());
      Tensor result = process.sample(recorded, (done, calls, preview) -> {
        Closeness.assertClose("latents[" + done + "]", preview.x(), latents.row(done), c.maxAbs());
        return true;
      });
      float[] image = result.toFloats();
      for (int i = 0; i < image.length; i++) {
        image[i] = Math.clamp(image[i] / 2 + 0.5f, 0f, 1f);
      }
      Closeness.assertClose("image", image, c.tensor("image").toFloats(), c.maxAbs() / 2);
    }
  }

  private record PlanDenoiser(Plan plan) implements Denoiser {
    @Override
    public DeviceTensor input() {
      return plan.in("sample");
    }

    @Override
    public DeviceTensor output() {
      return plan.out("out");
    }

    @Override
    public void predict(double timestep) {
      plan.in("timestep").fill(timestep);
      plan.run();
    }
  }
}
