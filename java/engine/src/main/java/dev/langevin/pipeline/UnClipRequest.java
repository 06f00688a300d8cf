package dev.langevin.pipeline;

import java.util.List;

/**
 * What an {@link UnClip} is asked.
 *
 * @param prompts one or more
 * @param count of pictures for each
 * @param priorSteps of the sampler from text to image embedding; at least 2, as the others
 * @param decoderSteps from there to a small picture
 * @param superResolutionSteps to the large one
 * @param priorGuidance scale of classifier-free guidance; both this and the next 1 or less for none
 * @param decoderGuidance likewise
 */
public record UnClipRequest(List<String> prompts, int count, int priorSteps, int decoderSteps, int superResolutionSteps,
    double priorGuidance, double decoderGuidance) {

  public UnClipRequest {
    prompts = List.copyOf(prompts);
    if (prompts.isEmpty() || count < 1 || priorSteps < 2 || decoderSteps < 2 || superResolutionSteps < 2) {
      throw new IllegalArgumentException("prompts are " + prompts + ", count is " + count + ", steps are " + priorSteps + ", " + decoderSteps
          + " and " + superResolutionSteps + "; there must be a prompt, at least 1 picture, and at least 2 steps of each part");
    }
    if (!Double.isFinite(priorGuidance) || !Double.isFinite(decoderGuidance)) {
      throw new IllegalArgumentException("guidance is " + priorGuidance + " and " + decoderGuidance + ", must be finite");
    }
  }

  /** Karlo's usual numbers: 25, 25 and 7 steps, guidance 4 and 8. */
  public static UnClipRequest of(String prompt) {
    return new UnClipRequest(List.of(prompt), 1, 25, 25, 7, 4, 8);
  }

  boolean guided() {
    return priorGuidance > 1 || decoderGuidance > 1;
  }

  int samples() {
    return prompts.size() * count;
  }
}
