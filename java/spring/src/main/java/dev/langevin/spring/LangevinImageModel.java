package dev.langevin.spring;

import dev.langevin.image.Masks;
import dev.langevin.pipeline.Pipeline;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import io.micrometer.observation.ObservationRegistry;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import javax.imageio.ImageIO;
import org.springframework.ai.image.Image;
import org.springframework.ai.image.ImageGeneration;
import org.springframework.ai.image.ImageGenerationMetadata;
import org.springframework.ai.image.ImageMessage;
import org.springframework.ai.image.ImageModel;
import org.springframework.ai.image.ImageOptions;
import org.springframework.ai.image.ImagePrompt;
import org.springframework.ai.image.ImageResponse;
import org.springframework.ai.image.ImageResponseMetadata;
import org.springframework.ai.image.observation.DefaultImageModelObservationConvention;
import org.springframework.ai.image.observation.ImageModelObservationContext;
import org.springframework.ai.image.observation.ImageModelObservationConvention;
import org.springframework.ai.image.observation.ImageModelObservationDocumentation;

/**
 * Spring AI's picture model on a pipeline of this process, which stays its owner's to close.
 *
 * <p>
 * Any number of threads may ask at a time; requests take turns, a step each, and an interrupted thread's request ends
 * within a step. A reply's pictures are PNG in base64; {@link Seed} is the metadata of each, and the reply's own have
 * the engine's {@code warnings} and the {@code seconds} that each stage took. Errors are those of
 * {@link Pipeline#generate(GenerationRequest)}.
 */
public final class LangevinImageModel implements ImageModel {

  private static final ImageModelObservationConvention USUAL = new DefaultImageModelObservationConvention();
  private static final LangevinImageOptions NOTHING = LangevinImageOptions.builder().build();

  private final Pipeline pipeline;
  private final String name;
  private final LangevinProperties.Image usual;
  private final Duration deadline;
  private final ObservationRegistry registry;
  private final ImageModelObservationConvention convention;

  /** The seed that makes a picture alone, for a family whose models draw each picture by itself. */
  public record Seed(long seed) implements ImageGenerationMetadata {}

  /**
   * A model over a pipeline.
   *
   * @param name of the model, which a request may name too
   * @param usual what a request asks for where its options say nothing
   * @param deadline most time of a request, or null for no limit
   * @param registry where each call is observed as {@code gen_ai.client.operation}
   * @param convention names of what is observed, or null for Spring AI's
   */
  public LangevinImageModel(Pipeline pipeline, String name, LangevinProperties.Image usual, Duration deadline,
      ObservationRegistry registry, ImageModelObservationConvention convention) {
    this.pipeline = pipeline;
    this.name = name;
    this.usual = usual;
    this.deadline = deadline;
    this.registry = registry;
    this.convention = convention;
  }

  @Override
  public ImageResponse call(ImagePrompt prompt) {
    ImageModelObservationContext context =
        ImageModelObservationContext.builder().imagePrompt(prompt).provider("langevin").build();
    return ImageModelObservationDocumentation.IMAGE_MODEL_OPERATION
        .observation(convention, USUAL, () -> context, registry).observe(() -> {
          ImageResponse response = made(prompt);
          context.setResponse(response);
          return response;
        });
  }

  private ImageResponse made(ImagePrompt prompt) {
    LangevinImageOptions own = prompt.getOptions() instanceof LangevinImageOptions given ? given : NOTHING;
    Duration time = own.getDeadline() == null ? deadline : own.getDeadline();
    Generation made = pipeline.generate(request(prompt, own), GenerationListener.NONE,
        time == null ? new CancellationToken() : CancellationToken.within(time));
    List<ImageGeneration> images = new ArrayList<>();
    for (int k = 0; k < made.pictures().shape().dim(0); k++) {
      images.add(new ImageGeneration(new Image(null, base64(made.image(k))), new Seed(made.seed(k))));
    }
    ImageResponseMetadata metadata = new ImageResponseMetadata();
    metadata.put("warnings", made.warnings());
    metadata.put("seconds", made.seconds());
    return new ImageResponse(images, metadata);
  }

  private GenerationRequest request(ImagePrompt prompt, LangevinImageOptions own) {
    ImageOptions options = prompt.getOptions() == null ? NOTHING : prompt.getOptions();
    requireOurs(options);
    Long seed = or(own.getSeed(), usual.seed());
    GenerationRequest.Builder request = GenerationRequest.prompt(text(prompt))
        .negativePrompt(or(own.getNegativePrompt(), usual.negativePrompt())).count(or(options.getN(), 1))
        .steps(or(own.getSteps(), usual.steps())).guidance(or(own.getGuidance(), usual.guidance()))
        .sampler(or(own.getSampler(), usual.sampler()))
        .seed(seed == null ? ThreadLocalRandom.current().nextLong(1L << 32) : seed);
    size(request, options, own.getImage() != null);
    if (own.getImage() != null) {
      request.image(own.getImage());
    }
    if (own.getMask() != null) {
      request.mask(Masks.of(own.getMask()));
    }
    if (own.getStrength() != null) {
      request.strength(own.getStrength());
    }
    return request.build();
  }

  private static <T> T or(T asked, T otherwise) {
    return asked == null ? otherwise : asked;
  }

  /** The request's, or the usual one where there is no picture whose size it has. */
  private void size(GenerationRequest.Builder request, ImageOptions options, boolean hasPicture) {
    Integer width = hasPicture ? options.getWidth() : or(options.getWidth(), usual.width());
    Integer height = hasPicture ? options.getHeight() : or(options.getHeight(), usual.height());
    if (width != null || height != null) {
      request.size(or(width, pipeline.facts().width()), or(height, pipeline.facts().height()));
    }
  }

  private void requireOurs(ImageOptions options) {
    if (options.getModel() != null && !options.getModel().equals(name)) {
      throw new IllegalArgumentException(
          "the request's model is " + options.getModel() + ", this one is " + name + "; leave it out");
    }
    if (options.getStyle() != null) {
      throw new IllegalArgumentException(
          "the request's style is " + options.getStyle() + ", which no model here reads; say it in the prompt");
    }
    String format = options.getResponseFormat();
    if (format != null && !format.equals("b64_json")) {
      throw new IllegalArgumentException(
          "the request's response format is " + format + "; pictures are given as b64_json alone");
    }
  }

  private static String text(ImagePrompt prompt) {
    List<ImageMessage> messages = prompt.getInstructions();
    if (messages.size() != 1) {
      throw new IllegalArgumentException("the prompt has " + messages.size()
          + " messages, must have one; what to guide away from is LangevinImageOptions' negativePrompt");
    }
    ImageMessage message = messages.getFirst();
    if (message.getWeight() != null && message.getWeight() != 1) {
      throw new IllegalArgumentException(
          "the message's weight is " + message.getWeight() + ", must be 1; weigh words as in \"a (red:1.2) apple\"");
    }
    if (message.getMedia() != null && !message.getMedia().isEmpty()) {
      throw new IllegalArgumentException(
          "the message has media, which are not read; a picture to begin with is LangevinImageOptions' image");
    }
    return message.getText();
  }

  private static String base64(BufferedImage picture) {
    ByteArrayOutputStream png = new ByteArrayOutputStream();
    try {
      ImageIO.write(picture, "png", png);
    } catch (IOException e) {
      throw new UncheckedIOException(e); // of an array: none
    }
    return Base64.getEncoder().encodeToString(png.toByteArray());
  }
}
