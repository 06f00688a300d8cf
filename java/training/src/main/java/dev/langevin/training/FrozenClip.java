package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.backend.DeviceTensor;
import dev.langevin.image.ClipPreprocessing;
import dev.langevin.image.Enlargement;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.ClipVision;
import dev.langevin.pipeline.stages.TextMask;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.text.TokenIds;
import dev.langevin.training.data.Augmentation;
import dev.langevin.training.data.Dataset;
import dev.langevin.training.data.Example;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.TokenizerFiles;
import java.util.List;

/**
 * A CLIP that was trained and learns no more: what unCLIP's prior and decoder are told of pictures and texts. One
 * thread; {@link #close} frees its plan.
 */
final class FrozenClip implements AutoCloseable {

  private static final int BATCH = 32;

  private final ModelFolder folder;
  private final Backend backend;
  private final ClipTokenizer tokenizer;
  private final ClipConfig text;
  private final ClipConfig image;
  private final Plan encoder;

  /** @param batch texts that are encoded at once */
  FrozenClip(ModelFolder folder, Backend backend, int batch) {
    this.folder = folder;
    this.backend = backend;
    tokenizer = TokenizerFiles.clip(folder.component("tokenizer"));
    text = ClipConfig.of(folder.config("text_encoder"), true);
    image = ClipConfig.of(folder.config("image_encoder"), true);
    try (ModelWeights weights = folder.weights("text_encoder")) {
      encoder = new Planner(backend).plan(
          ClipText.graph(text, "text_model.", batch, tokenizer.length(), false, List.of(), -1), weights);
    }
  }

  /** Width of embeddings, and of the states of a text. */
  int width() {
    return image.projection();
  }

  /** Tokens of a text with its padding. */
  int length() {
    return tokenizer.length();
  }

  /**
   * Encodes texts.
   *
   * @param embeddings (N, E), to be written
   * @param states (N, L, E), to be written
   * @param bias of an attention over {@code before} tokens, these texts and perhaps more, to be written
   */
  void encode(String[] texts, DeviceTensor embeddings, DeviceTensor states, DeviceTensor bias, int before) {
    long[] lengths = new long[texts.length];
    long[] ids = new long[texts.length * length()];
    for (int n = 0; n < texts.length; n++) {
      TokenIds tokens = tokenizer.tokenize(texts[n]);
      lengths[n] = tokens.length();
      System.arraycopy(tokens.ids(), 0, ids, n * length(), length());
    }
    encoder.in("input_ids").write(ids);
    encoder.in("end").write(ClipText.ends(text, ids, length()));
    encoder.run();
    embeddings.block().copyFrom(encoder.out("text_embeds").block());
    states.block().copyFrom(encoder.out("last_hidden_state").block());
    bias.write(TextMask.of(bias.shape(), lengths, before, length()));
  }

  /**
   * Embeds several augmented versions of every picture. A fixed function of its arguments, so that a resumed run sees
   * the same.
   *
   * @param reduced side to which the pictures are reduced beside that, or 0 where they are not asked for
   */
  EmbeddedPictures embed(Dataset dataset, Augmentation augmentation, int variants, long seed, int reduced) {
    int side = image.imageSize();
    if (augmentation.width() != side || augmentation.channels() != 3) {
      throw new TrainingException("data.size is " + augmentation.width() + " with " + augmentation.channels()
          + " channels, the image encoder of " + folder.root() + " reads pictures of " + side
          + " with 3: set data.size and channels to these");
    }
    float[][] embeddings = new float[variants * dataset.size()][];
    float[][] pictures = reduced == 0 ? null : new float[embeddings.length][];
    Tensor batch = Tensor.allocate(DType.F32, dev.langevin.tensor.Shape.of(BATCH, 3, side, side));
    Tensor normalised = Tensor.allocate(DType.F32, batch.shape());
    try (ModelWeights weights = folder.weights("image_encoder");
        Plan plan = new Planner(backend).plan(ClipVision.graph(image, "vision_model.", BATCH, List.of()), weights)) {
      for (int at = 0; at < embeddings.length; at += BATCH) {
        int count = Math.min(BATCH, embeddings.length - at);
        for (int n = 0; n < count; n++) {
          Example example = dataset.example((at + n) / variants);
          batch.row(n).data().copyFrom(
              augmentation.apply(example.picture(), example.annotation().flippable(), seed * 1_000_003 + at + n)
                  .data());
        }
        ClipPreprocessing.normalise(batch, normalised);
        plan.in("pixel_values").write(normalised);
        plan.in("class_token").write(new long[BATCH]);
        plan.run();
        Tensor small = reduced == 0 ? null : Enlargement.bicubic(batch, reduced, reduced);
        for (int n = 0; n < count; n++) {
          embeddings[at + n] = plan.out("image_embeds").row(n).toFloats();
          if (small != null) {
            pictures[at + n] = small.row(n).toFloats();
          }
        }
      }
    }
    return new EmbeddedPictures(embeddings, pictures, variants);
  }

  @Override
  public void close() {
    encoder.close();
  }
}
