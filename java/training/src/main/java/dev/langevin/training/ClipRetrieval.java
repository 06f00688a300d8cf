package dev.langevin.training;

import dev.langevin.image.ClipPreprocessing;
import dev.langevin.pipeline.Embeddings;
import dev.langevin.tensor.Tensor;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.evaluation.ConditionalAccuracy;
import dev.langevin.training.evaluation.Features;
import dev.langevin.training.evaluation.Retrieval;
import java.util.ArrayList;
import java.util.List;

/** Whether a model's CLIP finds, for a picture, the class of what was asked for. */
final class ClipRetrieval {

  /** Captions of a class that its mean direction is made of, at most. */
  private static final int CAPTIONS = 100;

  /** Captions that are encoded at once. */
  private static final int BATCH = 100;

  private final Embeddings model;
  private final List<float[]> means = new ArrayList<>();
  private final List<List<float[]>> captions = new ArrayList<>(); // unit embeddings, by class

  ClipRetrieval(Embeddings model, Dataset dataset) {
    this.model = model;
    for (int label = 0; label < dataset.classes(); label++) {
      List<float[]> all = units(captions(dataset, label));
      captions.add(all);
      means.add(mean(all));
    }
  }

  /** @param pictures each (3, H, W) in [-1, 1], of the size that the encoder reads */
  Retrieval of(List<Tensor> pictures, int[] wanted) {
    return of(embeddings(pictures), wanted);
  }

  /** @param embeddings (N, E), of pictures or of texts */
  Retrieval of(Tensor embeddings, int[] wanted) {
    float[][] byMean = new float[wanted.length][means.size()];
    float[][] byCaption = new float[wanted.length][means.size()];
    for (int n = 0; n < wanted.length; n++) {
      float[] embedding = embeddings.row(n).toFloats();
      for (int label = 0; label < means.size(); label++) {
        byMean[n][label] = product(embedding, means.get(label));
        byCaption[n][label] = Float.NEGATIVE_INFINITY;
        for (float[] caption : captions.get(label)) {
          byCaption[n][label] = Math.max(byCaption[n][label], product(embedding, caption));
        }
      }
    }
    return new Retrieval(ConditionalAccuracy.of(Features.of(byMean), wanted),
        ConditionalAccuracy.of(Features.of(byCaption), wanted));
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

  /** Each picture's first one. */
  private static List<String> captions(Dataset dataset, int label) {
    List<String> all = new ArrayList<>();
    for (int i = 0; i < dataset.size(); i++) {
      if (dataset.annotation(i).label() == label) {
        all.add(dataset.annotation(i).captions().getFirst());
      }
    }
    return all;
  }

  private List<float[]> units(List<String> texts) {
    List<float[]> units = new ArrayList<>();
    for (int from = 0; from < texts.size(); from += BATCH) {
      List<String> some = texts.subList(from, Math.min(from + BATCH, texts.size()));
      Tensor embeddings = model.ofTexts(some);
      for (int n = 0; n < some.size(); n++) {
        units.add(unit(embeddings.row(n).toFloats()));
      }
    }
    return units;
  }

  /** The mean of some that are spread over all, made a unit itself. */
  private static float[] mean(List<float[]> units) {
    int count = Math.min(CAPTIONS, units.size());
    float[] sum = new float[units.getFirst().length];
    for (int n = 0; n < count; n++) {
      float[] unit = units.get((int) ((long) n * units.size() / count));
      for (int i = 0; i < sum.length; i++) {
        sum[i] += unit[i];
      }
    }
    return unit(sum);
  }

  private static float[] unit(float[] values) {
    float length = (float) Math.sqrt(product(values, values));
    float[] unit = values.clone();
    for (int i = 0; i < unit.length; i++) {
      unit[i] /= length;
    }
    return unit;
  }

  private static float product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return (float) sum;
  }
}
