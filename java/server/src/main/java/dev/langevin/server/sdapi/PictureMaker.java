package dev.langevin.server.sdapi;

import dev.langevin.diffusion.samplers.Compat;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.GenerationRequest.ControlImage;
import dev.langevin.request.LoadOptions.Lora;
import dev.langevin.request.ModelFacts;
import dev.langevin.server.Session;
import dev.langevin.text.ExtraNetwork;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CancellationException;

/** Makes a call's pictures, a batch after another. Used once, on the job's thread. */
final class PictureMaker {

  private static final double USUAL_GUIDANCE = 7;

  /**
   * A finished picture.
   *
   * @param seed that makes it alone
   * @param request that it is of
   */
  record Picture(BufferedImage image, long seed, GenerationRequest request) {}

  /**
   * What came of a call.
   *
   * @param width of what the model made, as {@code height}: of the first pass where there are two
   * @param sampler as the web UI writes it, or null for the model's own
   * @param machine fields of the pictures' texts: {@link Session#machine}
   */
  record Made(List<Picture> pictures, int width, int height, SamplerList.Chosen sampler, double guidance,
      List<String> warnings, Map<String, String> machine) {}

  private final PictureCall call;
  private final List<Lora> loras;
  private final SdJobs.Running running;
  private final Set<String> warnings;

  /** @param loras that the prompt calls */
  PictureMaker(PictureCall call, List<Lora> loras, SdJobs.Running running) {
    this.call = call;
    this.loras = loras;
    this.running = running;
    this.warnings = new LinkedHashSet<>(call.warnings());
  }

  Made make(Session session) {
    ModelFacts facts = session.facts();
    int width = call.width() == null ? facts.width() : call.width();
    int height = call.height() == null ? facts.height() : call.height();
    boolean named = facts.readsText() && !facts.upscales() && session.pipeline().ability(Embeddings.class).isEmpty();
    SamplerList.Chosen sampler =
        call.sampler() == null && named ? SamplerList.choose(SamplerList.USUAL, null) : call.sampler();
    Double usual = session.model().guidance();
    double guidance = call.guidance() != null ? call.guidance() : usual != null ? usual : USUAL_GUIDANCE;
    List<Repainting> begun = call.begun().stream()
        .map(image -> Repainting.of(image, call.masking(), call.fitting(), width, height)).toList();
    GenerationRequest.Builder request = request(facts, width, height, sampler, guidance, begun.isEmpty() ? null
        : begun.getFirst().image());
    List<Picture> pictures = new ArrayList<>();
    int parts = Math.max(1, begun.size()); // several pictures to begin with are a batch's, one each
    session.expect(call.batches() * parts);
    int each = parts > 1 ? 1 : call.batch();
    for (int batch = 0; batch < call.batches() && !running.isInterrupted(); batch++) {
      running.begin(batch);
      for (int part = 0; part < parts && running.goesOn(); part++) {
        long seed = call.seed() + (long) batch * parts * each + part;
        Repainting from = begun.isEmpty() ? null : begun.get(part);
        add(session, request.count(each).seed(seed), from, pictures);
      }
    }
    return new Made(pictures, width, height, sampler, guidance, List.copyOf(warnings), session.machine());
  }

  private void add(Session session, GenerationRequest.Builder builder, Repainting from, List<Picture> pictures) {
    if (from != null) {
      builder.image(from.image());
      if (from.mask() != null) {
        builder.mask(from.mask().image());
      }
    }
    GenerationRequest request = builder.build();
    Generation made;
    try {
      made = session.generate(request);
    } catch (CancellationException e) {
      if (running.goesOn() || session.token().isCancelled()) {
        throw e;
      }
      return;
    }
    warnings.addAll(made.warnings());
    for (int k = 0; k < request.count(); k++) {
      BufferedImage image = made.image(k);
      pictures.add(new Picture(from == null ? image : from.finished(image), made.seed(k), request));
    }
  }

  private GenerationRequest.Builder request(ModelFacts facts, int width, int height, SamplerList.Chosen sampler,
      double guidance, BufferedImage begun) {
    String prompt = call.networks() ? call.prompt() : ExtraNetwork.without(call.prompt());
    GenerationRequest.Builder builder =
        (facts.readsText() || !prompt.isEmpty() ? GenerationRequest.prompt(prompt) : GenerationRequest.unconditional())
            .negativePrompt(call.negative().isEmpty() ? null : call.negative()).steps(call.steps()).guidance(guidance)
            .emphasis(call.settings().emphasis()).loras(call.networks() ? loras : List.of())
            .clipSkip(Math.max(0, call.clipSkip() - facts.clipSkip())).hires(call.hires() == null ? null
                : call.hires().fix());
    if (call.width() != null || facts.readsText()) {
      builder.size(width, height);
    }
    if (sampler != null) {
      builder.sampler(sampler.sampler()).schedule(sampler.schedule()).compat(Compat.A1111);
      if (call.eta() != null && sampler.readsEta()) {
        builder.eta(call.eta());
      }
    }
    if (call.strength() != null) {
      builder.strength(call.strength());
    }
    List<ControlImage> controls = new ArrayList<>();
    call.controls().forEach(unit -> controls.add(unit.at(width, height, begun)));
    return builder.controls(controls);
  }
}
