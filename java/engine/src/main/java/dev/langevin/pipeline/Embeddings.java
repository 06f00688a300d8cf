package dev.langevin.pipeline;

import dev.langevin.diffusion.NoiseSource;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import java.util.List;

/**
 * What a model with embeddings of texts and pictures in one space can do with these (arXiv:2204.06125). Any thread may
 * ask.
 */
public interface Embeddings {

  /** Whether {@link #ofPrior} turns a text into a picture's embedding; without it, such a model varies pictures. */
  boolean hasPrior();

  /** Whether {@link #ofPicture} works. */
  boolean readsPictures();

  /** Side of the pictures that {@link #ofPicture} reads. */
  int side();

  /**
   * Embeddings of texts, which lie close to those of the pictures that they describe.
   *
   * @return (N, E)
   */
  Tensor ofTexts(List<String> texts);

  /**
   * Embedding of a picture.
   *
   * @param pixels (3, S, S), normalised as {@link dev.langevin.image.ClipPreprocessing} does
   * @return (1, E)
   */
  Tensor ofPicture(Tensor pixels);

  /**
   * Embeddings of pictures that a request's texts could have, by the prior.
   *
   * @return (N, E)
   */
  Tensor ofPrior(GenerationRequest request, NoiseSource noise, GenerationListener listener, CancellationToken token);

  /**
   * The point at {@code part} of the way from one embedding to another, on the arc between their directions, its length
   * between theirs.
   *
   * @param from (1, E), as {@code to}
   */
  Tensor between(Tensor from, Tensor to, double part);

  /**
   * A picture's embedding turned towards what one text says and another does not (arXiv:2204.06125, section 3.3).
   *
   * @param embedding (1, E)
   * @param part of the way, 0 to 1; the paper uses 0.25 to 0.5
   */
  Tensor towards(Tensor embedding, String without, String with, double part);
}
