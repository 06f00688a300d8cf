package dev.langevin.training;

import dev.langevin.image.ClipPreprocessing;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.tensor.Tensor;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.evaluation.ConditionalAccuracy;
import dev.langevin.training.evaluation.Features;
import java.util.ArrayList;
import java.util.List;

/**
 * Whether a model's CLIP finds, for a picture, the class of what was asked for. A class is the mean direction of its
 * captions, as CLIP makes classifiers of texts (arXiv:2103.00020, section 3.1.4).
 */
record ClipRetrieval(Embeddings model, Dataset dataset) {

  /** Captions of a class that its direction is made of, at most. */
  private static final int CAPTIONS = 100;

  /** @param pictures each (3, H, W) in [-1, 1], of the size that the encoder reads */
  ConditionalAccuracy of(List<Tensor> pictures, int[] wanted) {
    return of(embeddings(pictures), wanted);
  }

  /** @param embeddings (N, E), of pictures or of texts */
  ConditionalAccuracy of(Tensor embeddings, int[] wanted) {
    float[][] classes = new float[dataset.classes()][];
    for (int label = 0; label < classes.length; label++) {
      classes[label] = direction(captions(label));
    }
    float[][] similarities = new float[wanted.length][classes.length];
    for (int n = 0; n < similarities.length; n++) {
      float[] embedding = embeddings.row(n).toFloats();
      for (int label = 0; label < classes.length; label++) {
        for (int i = 0; i < embedding.length; i++) {
          similarities[n][label] += embedding[i] * classes[label][i];
        }
      }
    }
    return ConditionalAccuracy.of(Features.of(similarities), wanted);
  }

  /** @return (N, E) */
  Tensor embeddings(List<Tensor> pictures) {
    float[][] rows = new float[pictures.size()][];
    for (int n = 0; n < rows.length; n++) {
      Tensor picture = pictures.get(n);
      Tensor pixels = Tensor.ofFloats(picture.toFloats(), 1, 3, picture.shape().dim(1), picture.shape().dim(2));
      ClipPreprocessing.normalise(pixels, pixels);
      rows[n] = model.ofPicture(pixels).toFloats();
    }
    Features all = Features.of(rows);
    return Tensor.ofFloats(all.values(), all.rows(), all.width());
  }

  private List<String> captions(int label) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      if (dataset.annotation(i).label() == label) {
        all.add(dataset.annotation(i).captions().getFirst());
      }
    }
    List<String> some = new ArrayList<>();
    for (int i = 0; i < Math.min(CAPTIONS, all.size()); i++) {
      some.add(all.get((int) ((long) i * all.size() / Math.min(CAPTIONS, all.size()))));
    }
    return some;
  }

  /** The mean of unit embeddings, made a unit itself. */
  private float[] direction(List<String> texts) {
    Tensor embeddings = model.ofTexts(texts);
    float[] sum = new float[embeddings.shape().intDim(1)];
    for (int n = 0; n < texts.size(); n++) {
      float[] unit = unit(embeddings.row(n).toFloats());
      for (int i = 0; i < sum.length; i++) {
        sum[i] += unit[i];
      }
    }
    return unit(sum);
  }

  private static float[] unit(float[] values) {
    double squares = 0;
    for (float value : values) {
      squares += (double) value * value;
    }
    float[] unit = values.clone();
    for (int i = 0; i < unit.length; i++) {
      unit[i] /= (float) Math.sqrt(squares);
    }
    return unit;
  }
}
