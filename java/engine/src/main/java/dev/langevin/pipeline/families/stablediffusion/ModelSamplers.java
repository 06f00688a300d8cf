package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.diffusion.Scheduler;
import dev.langevin.diffusion.Schedulers;
import dev.langevin.diffusion.Trajectory;
import dev.langevin.diffusion.TrajectoryOptions;
import dev.langevin.diffusion.samplers.NamedSamplers;
import dev.langevin.request.GenerationRequest;
import java.util.Map;

/**
 * A model's own sampler, and others over its noise levels.
 *
 * @param model for messages
 * @param config of its {@code scheduler_config.json}
 * @param xl whether it is Stable Diffusion XL, for which some schedules differ
 */
record ModelSamplers(String model, Map<String, Object> config, boolean xl) {

  /** The model's own. */
  Scheduler own() {
    return Schedulers.fromConfig(config);
  }

  /** The one that a request asks for, or the model's own. */
  Scheduler of(GenerationRequest request) {
    return NamedSamplers.of(request.sampler(), request.schedule(), request.compat(), config, xl);
  }

  /** @throws IllegalArgumentException naming the sampler's configuration, if it makes no such run */
  Trajectory trajectory(Scheduler scheduler, TrajectoryOptions options) {
    try {
      return scheduler.trajectory(options);
    } catch (IllegalArgumentException e) {
      throw scheduler.startsByStrength() ? e // of the request, not of the file
          : new IllegalArgumentException(model + ": scheduler_config.json: " + e.getMessage(), e);
    }
  }
}
