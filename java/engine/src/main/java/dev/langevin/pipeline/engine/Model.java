package dev.langevin.pipeline.engine;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.Setting;
import java.util.List;
import java.util.Set;

/**
 * A model of a family, loaded and checked: what a {@code Pipeline} serves. Any thread may ask; {@link #close} is called
 * once, when no run is left, and gives up the share of the backend too.
 */
public interface Model extends AutoCloseable {

  /** What it computes with; closed with the last share of it. */
  Backend backend();

  /** Which libraries compute at which instruction sets. */
  default String build() {
    return backend().build();
  }

  /** What is known of the model before any request. */
  ModelFacts facts();

  /** What it can be asked for; anything else is refused by name. */
  Set<Setting> honours();

  /**
   * The request with all that is usual filled in.
   *
   * @throws IllegalArgumentException if it does not fit the model, with the values and a remedy
   */
  GenerationRequest complete(GenerationRequest request);

  /**
   * The stages of a complete request, in their order.
   *
   * @throws IllegalArgumentException if the request does not fit the model, with the values and a remedy
   */
  List<Stage> stages(GenerationRequest request);

  /** Bytes that a request takes beside its networks: samples, noise, pictures. */
  long bytesBeside(GenerationRequest request);

  /** The random numbers of a request's seed. */
  NoiseSource noise(GenerationRequest request);

  /**
   * Whether each picture has random numbers of its own, those that it has alone; else all of a request are drawn from
   * one generator.
   */
  default boolean seedsEach() {
    return false;
  }

  /** Whether networks are held one stage at a time even without a limit, as all together would crowd the machine. */
  default boolean inTurn() {
    return false;
  }

  @Override
  void close();
}
