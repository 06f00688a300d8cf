package dev.langevin.training;

import java.nio.file.Path;

/**
 * What keeps a network that learns one thing from forgetting its kind (DreamBooth, arXiv:2208.12242, section 3.2): each
 * batch is shown with as many pictures of the class, and the loss is that of the batch plus {@code weight} times
 * theirs.
 *
 * @param prompt caption of the class's pictures
 * @param path their folder; null for {@code class-pictures} in the output
 * @param count how many there are to be, see {@link ClassPictures}; null for 100, or those that somebody put there
 * @param weight of their loss; null for 1
 * @param steps of the sampler that makes those that are missing; null for 50
 * @param guidance of the same; null for 7.5
 * @param sampler of the same; null for the base's
 */
public record PriorPreservation(String prompt, Path path, Integer count, Double weight, Integer steps, Double guidance,
    String sampler) {

  /** diffusers' usual number. */
  static final int USUAL_COUNT = 100;

  PriorPreservation from(Path folder) {
    return new PriorPreservation(prompt, TrainingConfig.resolve(folder, path), count, weight, steps, guidance, sampler);
  }

  /** Weighs a batch whose second half is of the class; the loss is the mean over both. */
  void weigh(Learner learner) {
    float[] weights = learner.in("weight").toFloats();
    for (int n = 0; n < weights.length; n++) {
      // no min-SNR weight, as diffusers' train_dreambooth has it
      weights[n] = n < weights.length / 2 ? 2 * weights[n] : (float) (2 * (weight == null ? 1 : weight));
    }
    learner.in("weight").write(weights);
  }
}
