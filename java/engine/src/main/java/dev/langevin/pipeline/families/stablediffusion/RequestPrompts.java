package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.pipeline.stages.PromptEncoder;
import dev.langevin.pipeline.stages.PromptEncoder.Reading;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.text.ExtraNetwork;
import dev.langevin.text.PromptPart;
import dev.langevin.text.PromptSchedule;
import dev.langevin.text.PromptSchedule.Moments;
import dev.langevin.text.PromptSchedule.Row;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeSet;

/**
 * A request's prompts taken apart, with the length that all are brought to.
 *
 * <p>
 * Texts of different lengths, in chunks: those of one schedule are filled up with empty chunks, those that {@code AND}
 * joins with the last state of the shorter, as AUTOMATIC1111 does. Where a prompt and its negative, or the prompts of a
 * batch, differ, web UIs call the network for each alone; here each is repeated up to a common multiple instead, since
 * attention to a context that is repeated gives what attention to it once does.
 *
 * @param parts of each prompt, as many for all: those that a prompt has not weigh nothing
 * @param negative of each negative prompt, or of one for all
 * @param chunks that every text is brought to
 */
record RequestPrompts(Reading reading, List<List<Part>> parts, List<Part> negative, int chunks) {

  /** Longer common multiples cost more than what they are for. */
  private static final int MOST_REPEATED = 64;

  /**
   * A text up to a step.
   *
   * @param texts for the first encoder, and for the others where that is another
   */
  record Stretch(int last, List<String> texts) {}

  /**
   * One condition.
   *
   * @param chunks of its longest text
   * @param joined chunks of the longest of those that {@code AND} joins
   */
  record Part(double weight, List<Stretch> stretches, int chunks, int joined) {

    /** The stretch that the sampler uses at a call, from 0 on. */
    int at(int call) {
      for (int i = 0; i < stretches.size(); i++) {
        if (call <= stretches.get(i).last) {
          return i;
        }
      }
      return 0;
    }
  }

  /**
   * @param adapted what reads them
   * @param moments of the chain, to which {@code [from:to:when]} refers
   * @param guided whether negative prompts are read
   */
  static RequestPrompts of(Adapted adapted, GenerationRequest request, Moments moments, boolean guided) {
    adapted.findings().look(adapted.prompts(), request);
    Reading reading = new Reading(request.syntax(), request.emphasis());
    List<List<Part>> parts = new ArrayList<>();
    int most = 1;
    for (String prompt : request.prompts()) {
      List<Part> own = positive(adapted.prompts(), reading, prompt, request.secondPrompt(), moments);
      most = Math.max(most, own.size());
      parts.add(own);
    }
    for (List<Part> own : parts) {
      Part first = own.getFirst();
      while (own.size() < most) {
        own.add(new Part(0, first.stretches, first.chunks, first.joined));
      }
    }
    List<Part> negative = new ArrayList<>();
    if (guided) {
      List<String> negatives = request.negativePrompts().isEmpty() ? List.of("") : request.negativePrompts();
      negatives.forEach(
          text -> negative.add(part(adapted.prompts(), reading, 1, text, request.secondNegativePrompt(), moments)));
    }
    return new RequestPrompts(reading, parts, negative, common(parts, negative));
  }

  private static List<Part> positive(PromptEncoder encoder, Reading reading, String prompt, String second,
      Moments moments) {
    List<Part> parts = new ArrayList<>();
    List<PromptPart> texts =
        reading.syntax() == PromptSyntax.A1111 ? PromptPart.of(ExtraNetwork.without(prompt))
            : List.of(new PromptPart(prompt, 1));
    texts.forEach(each -> parts.add(part(encoder, reading, each.weight(), each.text(), second, moments)));
    int joined = parts.stream().mapToInt(Part::chunks).max().orElseThrow();
    parts.replaceAll(part -> new Part(part.weight, part.stretches, part.chunks, joined));
    return parts;
  }

  private static Part part(PromptEncoder encoder, Reading reading, double weight, String text, String second,
      Moments moments) {
    List<Stretch> stretches = new ArrayList<>();
    if (reading.syntax() == PromptSyntax.A1111) {
      List<Row> rows = PromptSchedule.rows(text, moments);
      List<Row> others = second == null ? rows : PromptSchedule.rows(second, moments);
      TreeSet<Integer> ends = new TreeSet<>();
      rows.forEach(row -> ends.add(row.last()));
      others.forEach(row -> ends.add(row.last()));
      for (int end : ends) {
        String first = PromptSchedule.at(rows, end).text();
        stretches.add(new Stretch(end,
            second == null ? List.of(first) : List.of(first, PromptSchedule.at(others, end).text())));
      }
    } else {
      stretches.add(new Stretch(moments.steps(), second == null ? List.of(text) : List.of(text, second)));
    }
    int chunks = stretches.stream().map(Stretch::texts).distinct()
        .mapToInt(texts -> encoder.chunks(texts, reading)).max().orElse(1);
    return new Part(weight, stretches, chunks, chunks);
  }

  private static int common(List<List<Part>> parts, List<Part> negative) {
    TreeSet<Integer> lengths = new TreeSet<>();
    parts.forEach(own -> lengths.add(own.getFirst().joined));
    negative.forEach(part -> lengths.add(part.joined));
    long multiple = 1;
    for (int length : lengths) {
      multiple = multiple / gcd(multiple, length) * length;
      if (multiple > MOST_REPEATED) {
        return lengths.last();
      }
    }
    return (int) Math.max(multiple, lengths.last());
  }

  private static long gcd(long a, long b) {
    return b == 0 ? a : gcd(b, a % b);
  }

  /** Conditions at a time. */
  int conditions() {
    return parts.getFirst().size();
  }

  /** Whether answers are added up, for which there must be a half without a condition. */
  boolean adds() {
    return adds(parts);
  }

  private static boolean adds(List<List<Part>> parts) {
    return parts.stream().anyMatch(own -> own.size() > 1 || own.getFirst().weight != 1);
  }

  /** Whether a prompt alone asks for answers to be added up. */
  static boolean adds(GenerationRequest request) {
    return request.syntax() == PromptSyntax.A1111
        && request.prompts().stream().map(ExtraNetwork::without).map(PromptPart::of)
            .anyMatch(own -> own.size() > 1 || own.getFirst().weight() != 1);
  }

  /** Whether any text changes on the way. */
  boolean changes() {
    return parts.stream().flatMap(List::stream).anyMatch(part -> part.stretches.size() > 1)
        || negative.stream().anyMatch(part -> part.stretches.size() > 1);
  }
}
