package dev.langevin.spring;

import dev.langevin.backend.Precision;
import dev.langevin.plan.WeightCache;
import dev.langevin.request.LoadOptions;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.function.Consumer;
import org.springframework.boot.context.properties.ConfigurationProperties;
import org.springframework.boot.context.properties.bind.DefaultValue;
import org.springframework.util.unit.DataSize;

/**
 * What {@code langevin.*} says. Places are texts, since Spring would look for a relative one in the web application.
 *
 * @param model folder or file of the model; without it there are no beans
 * @param backend name of the backend that computes
 * @param precision of the network that walks the chain; without it the backend's usual one
 * @param threads that kernels run on; without it as many as the JVM has processors
 * @param maxMemory most memory that a request may take; one that takes more is refused before it starts
 * @param maxQueued most requests that may run or wait at a time; one more is rejected
 * @param weightCache folder where packed weights are kept for the next start; without it they are not
 * @param loras low-rank updates that are merged into the weights
 * @param deadline most time that a request may take, waiting included
 * @param image what a request asks for where its options say nothing
 */
@ConfigurationProperties("langevin")
public record LangevinProperties(
    String model,
    @DefaultValue("onednn") String backend,
    Precision precision,
    Integer threads,
    DataSize maxMemory,
    @DefaultValue("1024") int maxQueued,
    String weightCache,
    @DefaultValue List<Lora> loras,
    Duration deadline,
    @DefaultValue Image image) {

  /**
   * Low-rank updates.
   *
   * @param file or folder of them
   * @param weight the strength that they are merged with
   */
  public record Lora(String file, @DefaultValue("1") double weight) {}

  /**
   * A request's settings.
   *
   * @param width in pixels; without it the model's usual one
   * @param height in pixels; without it the model's usual one
   * @param steps of the sampler; without it the model's usual ones
   * @param guidance scale of classifier-free guidance; without it the model's usual one
   * @param sampler by one of its names; without it the model's own
   * @param negativePrompt what is guided away from
   * @param seed for the same pictures each time; without it every request draws a seed
   */
  public record Image(
      Integer width, Integer height, Integer steps, Double guidance, String sampler, String negativePrompt,
      Long seed) {}

  /** How the model is opened. */
  LoadOptions loadOptions(Consumer<String> warnings) {
    LoadOptions.Builder options = LoadOptions.builder().backend(backend).precision(precision).maxQueued(maxQueued)
        .warnings(warnings);
    if (maxMemory != null) {
      options.maxBytes(maxMemory.toBytes());
    }
    if (weightCache != null) {
      options.weightCache(new WeightCache(Path.of(weightCache), WeightCache.USUAL_LIMIT, warnings));
    }
    loras.forEach(lora -> options.lora(Path.of(lora.file), lora.weight));
    return options.build();
  }
}
