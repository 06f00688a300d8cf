package dev.langevin.spring;

import dev.langevin.pipeline.Pipeline;
import dev.langevin.request.Load;
import org.springframework.boot.health.contributor.AbstractHealthIndicator;
import org.springframework.boot.health.contributor.Health;
import org.springframework.boot.health.contributor.Status;

/** Up while the model takes requests; out of service where its queue is full, so that a balancer asks another. */
final class LangevinHealth extends AbstractHealthIndicator {

  private final Pipeline pipeline;
  private final int maxQueued;

  LangevinHealth(Pipeline pipeline, int maxQueued) {
    super("the model does not answer");
    this.pipeline = pipeline;
    this.maxQueued = maxQueued;
  }

  @Override
  protected void doHealthCheck(Health.Builder health) {
    Load load = pipeline.load();
    health.status(load.running() < maxQueued ? Status.UP : Status.OUT_OF_SERVICE)
        .withDetail("model", pipeline.facts().family()).withDetail("running", load.running())
        .withDetail("waiting", load.waiting()).withDetail("maxQueued", maxQueued);
  }
}
