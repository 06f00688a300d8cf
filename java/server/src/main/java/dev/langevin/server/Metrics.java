package dev.langevin.server;

import dev.langevin.request.Generation;
import io.javalin.config.RoutesConfig;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.Timer;
import io.micrometer.prometheusmetrics.PrometheusConfig;
import io.micrometer.prometheusmetrics.PrometheusMeterRegistry;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Locale;

/** What {@code /metrics} tells, for Prometheus. Thread-safe. */
final class Metrics implements Routes, RequestQueue.Watcher {

  private final PrometheusMeterRegistry registry = new PrometheusMeterRegistry(PrometheusConfig.DEFAULT);
  private final Counter steps = counter("langevin.steps", "Steps of samplers");
  private final Counter rejected = counter("langevin.rejected", "Requests that came when too many waited");

  private Counter counter(String name, String what) {
    return Counter.builder(name).description(what).register(registry);
  }

  private void gauge(String name, String what, java.util.function.Supplier<Number> value) {
    Gauge.builder(name, value).description(what).strongReference(true).register(registry);
  }

  @Override
  public List<String> prefixes() {
    return List.of("/metrics");
  }

  @Override
  public boolean takesBasic() {
    return true;
  }

  @Override
  public void register(RoutesConfig routes, ServerContext server) {
    server.queue().watch(this);
    gauge("langevin.requests.waiting", "Requests that wait for their turn", server.queue()::waiting);
    gauge("langevin.requests.accepted", "Requests that run or wait", () -> server.queue().jobs().size());
    gauge("langevin.models.open", "Models that are open", () -> server.models().loaded().size());
    gauge("langevin.models.closed", "Models that were closed to make room, so far", server.models()::unloaded);
    gauge("langevin.planned.bytes", "Memory that is booked under --max-memory", server.models()::bookedBytes);
    gauge("langevin.resident.bytes", "Memory of the process", Metrics::resident);
    routes.get("/metrics", context -> context.contentType("text/plain; version=0.0.4; charset=utf-8")
        .result(registry.scrape()));
  }

  /** Bytes, by the kernel; NaN where it does not tell. */
  private static double resident() {
    try {
      return Files.readAllLines(Path.of("/proc/self/status")).stream().filter(line -> line.startsWith("VmRSS:"))
          .mapToDouble(line -> Double.parseDouble(line.replaceAll("\\D", "")) * 1024).findFirst().orElse(Double.NaN);
    } catch (IOException e) {
      return Double.NaN;
    }
  }

  @Override
  public void rejected() {
    rejected.increment();
  }

  @Override
  public void stepped() {
    steps.increment();
  }

  @Override
  public void generated(Generation generation) {
    generation.seconds().forEach((stage, seconds) -> Timer.builder("langevin.stage").tag("stage", stage)
        .description("Time of a generation's stages").register(registry)
        .record(Duration.ofNanos((long) (seconds * 1e9))));
  }

  @Override
  public void ended(Job<?> job, Throwable thrown) {
    String outcome = job.state().name().toLowerCase(Locale.ROOT);
    Timer.builder("langevin.request").tag("outcome", outcome).description("Time from a request's coming to its end")
        .register(registry).record(Duration.ofNanos(job.lasted()));
    Timer.builder("langevin.waiting").description("Time that requests waited for their turn").register(registry)
        .record(Duration.ofNanos(job.waited()));
  }
}
