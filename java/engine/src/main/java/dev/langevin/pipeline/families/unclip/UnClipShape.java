package dev.langevin.pipeline.families.unclip;

import dev.langevin.request.GenerationRequest;

/** A request's figures with Karlo's usual ones filled in: 25, 25 and 7 steps, guidance 4 and 8. */
record UnClipShape(int samples, int priorSteps, int decoderSteps, int enlargingSteps, double priorGuidance,
    double decoderGuidance) {

  private static final int STEPS = 25;

  static UnClipShape of(GenerationRequest request) {
    int decoder = request.steps() != null ? request.steps() : STEPS;
    int prior = request.priorSteps() != null ? request.priorSteps() : decoder;
    if (decoder < 2 || prior < 2) {
      throw new IllegalArgumentException(
          "steps are " + prior + " of the prior and " + decoder + " of the decoder; must be at least 2");
    }
    // what is varied was not made of a text, so there is no prior whose guidance counts
    boolean given = request.imageEmbeddings() != null || request.imagePrompt() != null;
    double usualPrior = given ? 1 : 4;
    return new UnClipShape(request.samples(), prior, decoder,
        request.enlargingSteps() != null ? request.enlargingSteps() : 7,
        request.priorGuidance() != null ? request.priorGuidance() : usualPrior,
        request.guidance() != null ? request.guidance() : 8);
  }

  /** Whether prior and decoder see a half without a text: both do where either is guided. */
  boolean guided() {
    return priorGuidance > 1 || decoderGuidance > 1;
  }
}
