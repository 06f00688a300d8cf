package dev.langevin.training.evaluation;

/**
 * Whether CLIP finds the wanted class in embeddings, in two ways.
 *
 * @param byMean a class is the mean direction of its captions, as CLIP makes classifiers of texts (arXiv:2103.00020,
 *   section 3.1.4)
 * @param byCaption the class is that of the nearest of all captions
 */
public record Retrieval(ConditionalAccuracy byMean, ConditionalAccuracy byCaption) {}
