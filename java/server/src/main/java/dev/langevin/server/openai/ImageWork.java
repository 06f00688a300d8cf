package dev.langevin.server.openai;

import dev.langevin.image.ClipPreprocessing;
import dev.langevin.image.Resampling;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.ModelFacts;
import dev.langevin.server.Fault;
import dev.langevin.server.Pictures;
import dev.langevin.server.Session;
import dev.langevin.server.Work;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Makes the pictures of an {@link ImageRequest}, one after another where each has a seed of its own. One thread. */
final class ImageWork implements Work<List<ImageWork.Made>>, GenerationListener {

  /**
   * A picture's file.
   *
   * @param width in pixels, as {@code height}
   */
  record Made(byte[] file, long seed, int width, int height) {}

  /** Told of pictures as they come. */
  interface Audience {
    /** Nobody. */
    Audience NONE = new Audience() {};

    /** @param index from 0, of one picture's partial ones */
    default void partial(byte[] file, int index, int width, int height) {}

    default void made(Made picture) {}
  }

  private final ImageRequest asked;
  private final Audience audience;
  private int width;
  private int height;
  private int sent; // partial pictures of this generation

  ImageWork(ImageRequest asked, Audience audience) {
    this.asked = asked;
    this.audience = audience;
  }

  @Override
  public List<Made> make(Session session) {
    GenerationRequest request = request(session);
    boolean each = session.pipeline().seedsEach();
    int generations = each ? asked.n() : 1;
    session.expect(generations);
    List<Made> all = new ArrayList<>();
    for (int i = 0; i < generations; i++) {
      sent = 0;
      Generation generation = session.generate(
          request.toBuilder().seed(asked.seed() + i).count(each ? 1 : asked.n()).build());
      for (int k = 0; k < generation.request().samples(); k++) {
        BufferedImage picture = generation.image(k);
        byte[] file = Pictures.encode(picture, asked.format(), session.texts(generation, k), quality());
        Made made = new Made(file, generation.seed(k), picture.getWidth(), picture.getHeight());
        all.add(made);
        audience.made(made);
      }
    }
    return all;
  }

  private Integer quality() {
    return asked.compression() == null ? null : Math.max(1, asked.compression());
  }

  /** As the model takes it. */
  private GenerationRequest request(Session session) {
    ModelFacts facts = session.facts();
    GenerationRequest.Builder request = start(facts).seed(asked.seed()).negativePrompt(asked.negative())
        .guidance(asked.guidance() == null ? asked.model().guidance() : asked.guidance()).sampler(asked.sampler())
        .schedule(asked.schedule()).loras(asked.loras());
    switch (asked.kind()) {
      case GENERATION -> {
        if (asked.width() > 0) {
          request.size(asked.width(), asked.height());
        }
      }
      case EDIT -> begin(request, facts);
      case VARIATION -> vary(request, session);
    }
    GenerationRequest complete = session.complete(request.steps(asked.steps()).build());
    width = complete.width() == null ? facts.width() : complete.width();
    height = complete.height() == null ? facts.height() : complete.height();
    return request.steps(asked.steps() != null ? asked.steps() : steps(complete)).build();
  }

  private GenerationRequest.Builder start(ModelFacts facts) {
    if (asked.kind() == ImageRequest.Kind.VARIATION) {
      return GenerationRequest.unconditional();
    }
    return facts.needsClass() ? GenerationRequest.ofClass(facts.classNames().label(asked.prompt()))
        : facts.readsText() ? GenerationRequest.prompt(asked.prompt()) : GenerationRequest.unconditional();
  }

  private Integer steps(GenerationRequest complete) {
    double factor = switch (asked.quality()) {
      case "low" -> 0.5;
      case "high" -> 1.5;
      default -> 1;
    };
    if (complete.steps() == null && factor != 1) {
      throw Fault.of("quality", "this model counts the steps of several networks; give steps instead of a quality");
    }
    return complete.steps() == null ? null : Integer.valueOf((int) Math.max(1, Math.round(factor * complete.steps())));
  }

  private void begin(GenerationRequest.Builder request, ModelFacts facts) {
    BufferedImage image = Pictures.opaque(asked.image());
    BufferedImage mask = Pictures.transparent(asked.mask() == null ? asked.image() : asked.mask());
    if (asked.mask() != null) {
      if (asked.mask().width() != image.getWidth() || asked.mask().height() != image.getHeight()) {
        throw Fault.of("mask", "mask has " + asked.mask().width() + "x" + asked.mask().height()
            + " pixels, the image " + image.getWidth() + "x" + image.getHeight() + "; they must be of one size");
      }
      if (mask == null) {
        throw Fault.of("mask", "mask has no transparent pixel; these say where the picture is painted anew");
      }
    }
    int multiple = facts.sizeMultiple();
    int wide = asked.width() > 0 ? asked.width() : Math.max(multiple, image.getWidth() / multiple * multiple);
    int high = asked.height() > 0 ? asked.height() : Math.max(multiple, image.getHeight() / multiple * multiple);
    if (facts.upscales()) {
      request.image(image);
    } else {
      request.size(wide, high).image(Resampling.LANCZOS.resize(image, wide, high));
    }
    if (mask != null) {
      request.mask(Resampling.LANCZOS.resize(mask, wide, high));
    }
    if (asked.strength() != null) {
      request.strength(asked.strength());
    }
  }

  private void vary(GenerationRequest.Builder request, Session session) {
    Embeddings embeddings = session.pipeline().ability(Embeddings.class).filter(Embeddings::readsPictures).orElseThrow(
        () -> Fault.of("model", "the model '" + asked.model().name()
            + "' has no embeddings of pictures; variations are for models of unCLIP"));
    request.imageEmbeddings(
        embeddings.ofPicture(ClipPreprocessing.pixels(Pictures.opaque(asked.image()), embeddings.side())));
    if (asked.width() > 0 && (asked.width() != session.facts().width() || asked.height() != session.facts().height())) {
      throw Fault.of("size", "this model makes pictures of " + session.facts().width() + "x" + session.facts().height()
          + " alone; leave size away");
    }
  }

  @Override
  public boolean stepped(int step, int total, Preview preview) {
    if (sent < asked.partials() && step < total && step * (asked.partials() + 1) >= (sent + 1) * total) {
      List<BufferedImage> images = preview.images();
      if (!images.isEmpty()) {
        BufferedImage large = Resampling.BILINEAR.resize(images.getFirst(), width, height);
        audience.partial(Pictures.encode(large, asked.format(), Map.of(), quality()), sent, width, height);
      }
      sent++;
    }
    return true;
  }
}
