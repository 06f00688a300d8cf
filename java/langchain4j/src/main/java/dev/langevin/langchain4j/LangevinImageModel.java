package dev.langevin.langchain4j;

import dev.langchain4j.data.image.Image;
import dev.langchain4j.exception.InvalidRequestException;
import dev.langchain4j.exception.RateLimitException;
import dev.langchain4j.exception.TimeoutException;
import dev.langchain4j.model.image.ImageModel;
import dev.langchain4j.model.output.Response;
import dev.langevin.image.Masks;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.pipeline.Pipelines;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.DeadlineException;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.LoadOptions;
import dev.langevin.request.RejectedException;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Pictures of a model of this machine, as LangChain4j asks for them: made by {@link #builder}.
 *
 * <p>
 * Any number of threads may ask at a time; requests take turns, a step each, and an interrupted thread's request ends
 * within a step. A reply holds a PNG in base64 and no address; its metadata have the {@code seed} that makes the same
 * picture again, the engine's {@code warnings}, and the {@code seconds} that each stage took.
 *
 * <p>
 * Errors are LangChain4j's: {@link InvalidRequestException} for what the model cannot do, {@link RateLimitException}
 * where too many wait, and {@link TimeoutException} after the deadline. What is wrong with the model's files is a
 * {@link dev.langevin.weights.WeightsException}, as it is the operator's to mend.
 */
public final class LangevinImageModel implements ImageModel, AutoCloseable {

  private final Pipeline pipeline;
  private final boolean owned;
  private final Builder usual;

  private LangevinImageModel(Builder usual, Pipeline pipeline, boolean owned) {
    this.usual = usual;
    this.pipeline = pipeline;
    this.owned = owned;
  }

  /** A model by its folder or file, or a pipeline that is open already; all else has usual values. */
  public static Builder builder() {
    return new Builder();
  }

  @Override
  public Response<Image> generate(String prompt) {
    return first(made(request(prompt, 1)));
  }

  /** Picture k of several is what {@code seed + k} makes alone, where the family's models draw each by itself. */
  @Override
  public Response<List<Image>> generate(String prompt, int n) {
    if (n < 1) {
      throw new InvalidRequestException("n is " + n + ", must be at least 1");
    }
    return made(request(prompt, n));
  }

  /**
   * A picture painted anew. Where it has transparent pixels, these alone are; else all of it is, by the builder's
   * {@link Builder#strength}.
   *
   * @param image with base64 data or a {@code data:} address; nothing is fetched
   */
  @Override
  public Response<Image> edit(Image image, String prompt) {
    BufferedImage picture = Pictures.decode("the picture", image);
    return edit(picture, Masks.ofAlpha(picture).orElse(null), prompt);
  }

  /**
   * A picture of which a part is painted anew.
   *
   * @param mask of the picture's size: what is transparent is painted anew, or, in a mask without transparency, what is
   *   white
   */
  @Override
  public Response<Image> edit(Image image, Image mask, String prompt) {
    BufferedImage picture = Pictures.decode("the picture", image);
    BufferedImage decoded = Pictures.decode("the mask", mask);
    if (decoded.getWidth() != picture.getWidth() || decoded.getHeight() != picture.getHeight()) {
      throw new InvalidRequestException("the mask has " + decoded.getWidth() + "x" + decoded.getHeight()
          + " pixels, the picture " + picture.getWidth() + "x" + picture.getHeight() + "; give them one size");
    }
    return edit(picture, Masks.of(decoded), prompt);
  }

  private Response<Image> edit(BufferedImage picture, Tensor mask, String prompt) {
    GenerationRequest.Builder request = request(prompt, 1).image(picture);
    if (mask != null) {
      request.mask(mask);
    }
    if (usual.strength != null) {
      request.strength(usual.strength);
    }
    return first(made(request));
  }

  private GenerationRequest.Builder request(String prompt, int count) {
    if (prompt == null) {
      throw new InvalidRequestException("the prompt is null; give a text");
    }
    GenerationRequest.Builder request = GenerationRequest.prompt(prompt).negativePrompt(usual.negativePrompt)
        .count(count).steps(usual.steps).guidance(usual.guidance).sampler(usual.sampler)
        .seed(usual.seed == null ? ThreadLocalRandom.current().nextLong(1L << 32) : usual.seed);
    return usual.width == null ? request : request.size(usual.width, usual.height);
  }

  private Response<List<Image>> made(GenerationRequest.Builder asked) {
    try {
      CancellationToken token =
          usual.deadline == null ? new CancellationToken() : CancellationToken.within(usual.deadline);
      Generation made = pipeline.generate(asked.build(), GenerationListener.NONE, token);
      List<Image> images = new ArrayList<>();
      for (int k = 0; k < made.pictures().shape().dim(0); k++) {
        images.add(Pictures.encode(made.image(k)));
      }
      return Response.from(images, null, null,
          Map.of("seed", made.seed(0), "warnings", made.warnings(), "seconds", made.seconds()));
    } catch (RejectedException e) {
      throw new RateLimitException(e.getMessage(), e);
    } catch (DeadlineException e) {
      throw new TimeoutException(e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new InvalidRequestException(e.getMessage(), e);
    }
  }

  private static Response<Image> first(Response<List<Image>> made) {
    return Response.from(made.content().getFirst(), null, null, made.metadata());
  }

  /** Waits for the requests that it has accepted, and closes the pipeline where it was opened by the builder. */
  @Override
  public void close() {
    if (owned) {
      pipeline.close();
    }
  }

  /** Which model, and what each request asks of it. */
  public static final class Builder {

    private Path model;
    private LoadOptions options = LoadOptions.usual();
    private Pipeline pipeline;
    private Integer width;
    private Integer height;
    private Integer steps;
    private Double guidance;
    private String sampler;
    private String negativePrompt;
    private Double strength;
    private Long seed;
    private Duration deadline;

    private Builder() {}

    /** Folder or file of the model; it is opened by {@link #build}, and closed with what that gives. */
    public Builder model(Path place) {
      this.model = place;
      return this;
    }

    /** How the model is opened. */
    public Builder options(LoadOptions options) {
      this.options = Objects.requireNonNull(options, "options");
      return this;
    }

    /** A model that is open; it stays the caller's to close. */
    public Builder pipeline(Pipeline pipeline) {
      this.pipeline = pipeline;
      return this;
    }

    /** In pixels; without it the model's usual size, or that of the picture that is edited. */
    public Builder size(int width, int height) {
      this.width = width;
      this.height = height;
      return this;
    }

    /** Of the sampler, at least 1. */
    public Builder steps(int steps) {
      this.steps = steps;
      return this;
    }

    /** Scale of classifier-free guidance; 1 for none. */
    public Builder guidance(double scale) {
      this.guidance = scale;
      return this;
    }

    /** By one of its names: docs/samplers.md lists them. */
    public Builder sampler(String name) {
      this.sampler = name;
      return this;
    }

    /** What every request guides away from. */
    public Builder negativePrompt(String prompt) {
      this.negativePrompt = prompt;
      return this;
    }

    /** How much of an edited picture is painted anew, above 0 and at most 1. */
    public Builder strength(double share) {
      this.strength = share;
      return this;
    }

    /** For the same pictures each time; without it every request draws a seed. */
    public Builder seed(long seed) {
      this.seed = seed;
      return this;
    }

    /** Most time that a request may take, waiting included. */
    public Builder deadline(Duration time) {
      this.deadline = time;
      return this;
    }

    /**
     * Opens the model.
     *
     * @throws IllegalArgumentException unless exactly one of {@link #model} and {@link #pipeline} is given
     * @throws dev.langevin.weights.WeightsException if the model's files are missing or malformed
     */
    public LangevinImageModel build() {
      if (model == null == (pipeline == null)) {
        throw new IllegalArgumentException(
            (model == null ? "neither a model nor a pipeline is given" : "both a model and a pipeline are given")
                + "; give one of them");
      }
      return new LangevinImageModel(copy(), pipeline == null ? Pipelines.open(model, options) : pipeline,
          pipeline == null);
    }

    /** What was built does not change with the builder. */
    private Builder copy() {
      Builder copy = new Builder();
      copy.width = width;
      copy.height = height;
      copy.steps = steps;
      copy.guidance = guidance;
      copy.sampler = sampler;
      copy.negativePrompt = negativePrompt;
      copy.strength = strength;
      copy.seed = seed;
      copy.deadline = deadline;
      return copy;
    }
  }
}
