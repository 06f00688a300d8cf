package dev.langevin.spring;

import dev.langevin.pipeline.Pipeline;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.TimeGauge;
import io.micrometer.core.instrument.binder.MeterBinder;
import java.util.concurrent.TimeUnit;
import java.util.function.ToDoubleFunction;

/** {@link Pipeline#load} as meters, whoever asks the pipeline; Spring AI's own observation times each call beside. */
final class LangevinMetrics implements MeterBinder {

  private final Pipeline pipeline;

  LangevinMetrics(Pipeline pipeline) {
    this.pipeline = pipeline;
  }

  @Override
  public void bindTo(MeterRegistry registry) {
    gauge(registry, "langevin.requests.running", "Requests that were accepted and have not ended",
        model -> model.load().running());
    gauge(registry, "langevin.requests.waiting", "Requests that wait for a turn or for memory",
        model -> model.load().waiting());
    counter(registry, "langevin.requests.done", "Requests that gave pictures", model -> model.load().done());
    counter(registry, "langevin.requests.rejected", "Requests that came when too many waited",
        model -> model.load().rejected());
    counter(registry, "langevin.requests.missed", "Requests whose deadline passed", model -> model.load().missed());
    TimeGauge.builder("langevin.requests.waited", pipeline, TimeUnit.NANOSECONDS, model -> model.load().waited())
        .description("Time that ended requests have waited for their turns, in all").register(registry);
  }

  private void gauge(MeterRegistry registry, String name, String description, ToDoubleFunction<Pipeline> value) {
    Gauge.builder(name, pipeline, value).description(description).register(registry);
  }

  private void counter(MeterRegistry registry, String name, String description, ToDoubleFunction<Pipeline> value) {
    FunctionCounter.builder(name, pipeline, value).description(description).register(registry);
  }
}
