package dev.langevin.spring;

import dev.langevin.backend.Backend;
import dev.langevin.backend.BackendOptions;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import io.micrometer.core.instrument.MeterRegistry;
import io.micrometer.core.instrument.binder.MeterBinder;
import io.micrometer.observation.ObservationRegistry;
import java.nio.file.Path;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.observation.ImageModelObservationConvention;
import org.springframework.beans.factory.ObjectProvider;
import org.springframework.boot.autoconfigure.AutoConfiguration;
import org.springframework.boot.autoconfigure.condition.ConditionalOnClass;
import org.springframework.boot.autoconfigure.condition.ConditionalOnMissingBean;
import org.springframework.boot.autoconfigure.condition.ConditionalOnProperty;
import org.springframework.boot.context.properties.EnableConfigurationProperties;
import org.springframework.boot.health.autoconfigure.contributor.ConditionalOnEnabledHealthIndicator;
import org.springframework.boot.health.contributor.HealthIndicator;
import org.springframework.context.annotation.Bean;
import org.springframework.context.annotation.Configuration;

/**
 * Where {@code langevin.model} names a model: a {@link Pipeline}, {@link LangevinImageModel} on it, and health and
 * metrics where the program has Spring Boot's. Each bean gives way to one of the program's own.
 */
@AutoConfiguration
@ConditionalOnProperty("langevin.model")
@EnableConfigurationProperties(LangevinProperties.class)
public final class LangevinAutoConfiguration {

  private static final Logger LOG = LoggerFactory.getLogger(LangevinAutoConfiguration.class);

  /** Made by Spring. */
  public LangevinAutoConfiguration() {}

  /** A share of the backend, taken before the model takes one, as its number of threads is chosen by the first. */
  @Bean
  @ConditionalOnMissingBean
  @ConditionalOnProperty("langevin.threads")
  Backend langevinBackend(LangevinProperties properties) {
    return Backend.open(properties.backend(), BackendOptions.threads(properties.threads()));
  }

  /** Closed with the context: waits for the requests that it has accepted. */
  @Bean(destroyMethod = "close")
  @ConditionalOnMissingBean
  Pipeline langevinPipeline(LangevinProperties properties, ObjectProvider<Backend> backend) {
    backend.getIfAvailable();
    return Pipelines.open(Path.of(properties.model()), properties.loadOptions(LOG::warn));
  }

  /** Spring AI's model; {@code spring.ai.model.image} of another name leaves it out. */
  @Bean
  @ConditionalOnMissingBean(ImageModel.class)
  @ConditionalOnProperty(name = "spring.ai.model.image", havingValue = "langevin", matchIfMissing = true)
  LangevinImageModel langevinImageModel(Pipeline pipeline, LangevinProperties properties,
      ObjectProvider<ObservationRegistry> registry, ObjectProvider<ImageModelObservationConvention> convention) {
    return new LangevinImageModel(pipeline, String.valueOf(Path.of(properties.model()).getFileName()),
        properties.image(), properties.deadline(), registry.getIfUnique(() -> ObservationRegistry.NOOP),
        convention.getIfUnique());
  }

  /** Where Spring Boot's health is on the class path. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass({HealthIndicator.class, ConditionalOnEnabledHealthIndicator.class})
  static class HealthConfiguration {

    @Bean
    @ConditionalOnEnabledHealthIndicator("langevin")
    @ConditionalOnMissingBean(name = "langevinHealthIndicator")
    HealthIndicator langevinHealthIndicator(Pipeline pipeline, LangevinProperties properties) {
      return new LangevinHealth(pipeline, properties.maxQueued());
    }
  }

  /** Where Micrometer is on the class path. */
  @Configuration(proxyBeanMethods = false)
  @ConditionalOnClass(MeterRegistry.class)
  static class MetricsConfiguration {

    @Bean
    @ConditionalOnMissingBean(name = "langevinMetrics")
    MeterBinder langevinMetrics(Pipeline pipeline) {
      return new LangevinMetrics(pipeline);
    }
  }
}
