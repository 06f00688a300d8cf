package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.families.stablediffusion.RequestPrompts.Part;
import dev.langevin.pipeline.stages.Composition.Told;
import dev.langevin.pipeline.stages.Composition.Track;
import dev.langevin.pipeline.stages.PromptEncoder;
import dev.langevin.pipeline.stages.PromptEncoder.Encoded;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/** Encodes a request's texts, each once, and brings them to one length. On the request's own thread. */
final class EncodedPrompts {

  private static final String TEXT_EMBEDS = "text_embeds";

  /** A text as it is encoded. */
  private record Content(List<String> texts, int chunks, int joined) {}

  private final StableDiffusionModel model;
  private final PromptEncoder encoder;
  private final RequestPrompts prompts;
  private final Run run;
  private final Map<Content, Encoded> encoded = new HashMap<>();

  EncodedPrompts(StableDiffusionModel model, PromptEncoder encoder, RequestPrompts prompts, Run run) {
    this.model = model;
    this.encoder = encoder;
    this.prompts = prompts;
    this.run = run;
  }

  /**
   * A condition of each prompt over the calls of a run.
   *
   * @param parts one of each prompt
   * @param first call of the run, by which stretches are counted
   * @param calls of the network
   */
  Track track(List<Part> parts, int clipSkip, int first, int calls) {
    List<Told> texts = new ArrayList<>();
    Map<List<List<String>>, Integer> indices = new HashMap<>();
    int[] atCall = new int[calls];
    for (int call = 0; call < calls; call++) {
      List<Content> now = new ArrayList<>();
      for (Part part : parts) {
        now.add(new Content(part.stretches().get(part.at(first + call)).texts(), part.chunks(), part.joined()));
      }
      atCall[call] = indices.computeIfAbsent(now.stream().map(Content::texts).toList(), key -> {
        texts.add(told(now, clipSkip));
        return texts.size() - 1;
      });
    }
    return new Track(parts.stream().mapToDouble(Part::weight).toArray(), texts, atCall);
  }

  private Told told(List<Content> texts, int clipSkip) {
    int tokens = prompts.chunks() * encoder.length();
    int width = encoder.width();
    float[] states = new float[texts.size() * tokens * width];
    float[] pooled = new float[0];
    for (int p = 0; p < texts.size(); p++) {
      Content text = texts.get(p);
      Encoded one = encoded.computeIfAbsent(text,
          key -> encoder.encode(key.texts, prompts.reading(), clipSkip, key.chunks, run::turn,
              run.warnings()::add));
      bring(one.states(), text.joined * encoder.length() * width, width, states, p * tokens * width,
          tokens * width);
      pooled = pooled.length == 0 ? new float[texts.size() * one.pooled().length] : pooled;
      System.arraycopy(one.pooled(), 0, pooled, p * one.pooled().length, one.pooled().length);
    }
    Tensor context = Tensor.ofFloats(states, texts.size(), tokens, width);
    return new Told(context, model.config.textTime()
        ? Map.of(TEXT_EMBEDS, Tensor.ofFloats(pooled, texts.size(), pooled.length / texts.size()))
        : Map.of());
  }

  /** Continues with the last state up to the length of those that it is joined with, then repeats all of it. */
  private static void bring(float[] own, int joined, int width, float[] states, int from, int length) {
    System.arraycopy(own, 0, states, from, own.length);
    for (int at = own.length; at < joined; at += width) {
      System.arraycopy(own, own.length - width, states, from + at, width);
    }
    for (int at = joined; at < length; at++) {
      states[from + at] = states[from + at - joined];
    }
  }
}
