package dev.langevin.training;

import dev.langevin.backend.Backend;
import dev.langevin.models.AutoencoderConfig;
import dev.langevin.models.AutoencoderKL;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.plan.Plan;
import dev.langevin.plan.Planner;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.TokenizerFiles;
import java.nio.file.Path;
import java.util.List;

/**
 * What the frozen parts of a latent model make of pictures and texts: the moments of a picture's latents, and the
 * states of the text encoder, which a U-Net of Stable Diffusion 1 and 2 reads. Trainers compute these once. One thread;
 * {@link #close} frees it.
 */
public final class PictureEncoder implements AutoCloseable {

  private final Backend backend;
  private final ModelFolder folder;
  private final AutoencoderConfig autoencoder;
  private final ClipConfig clip;
  private final ClipTokenizer tokenizer;
  private final Plan text;
  private Plan pictures; // of the size that came last, or null
  private int height;
  private int width;

  /**
   * A picture's latents.
   *
   * @param shape (L, H, W)
   * @param mean of the latents, unscaled, f32 in the order of {@code shape}
   * @param logVariance likewise
   */
  public record Moments(Shape shape, float[] mean, float[] logVariance) {}

  /**
   * A text.
   *
   * @param shape (tokens, C)
   * @param states the encoder's last, after its norm, f32 in the order of {@code shape}
   * @param pooled (C), the state at the text's end
   */
  public record States(Shape shape, float[] states, float[] pooled) {}

  /**
   * Opens a model's autoencoder and text encoder.
   *
   * @param model a diffusers folder of the family of Stable Diffusion 1 or 2
   * @throws TrainingException if it has two text encoders, or none
   * @throws dev.langevin.weights.WeightsException if a file is missing or malformed
   */
  public PictureEncoder(Path model, Backend backend) {
    this.backend = backend;
    folder = new ModelFolder(model);
    if (!folder.has("text_encoder") || folder.has("text_encoder_2")) {
      throw new TrainingException(model + (folder.has("text_encoder") ? " has two text encoders" : " has no text"
          + " encoder") + ", one is read; take a model of the family of Stable Diffusion 1 or 2");
    }
    autoencoder = AutoencoderConfig.of(folder.config("vae"));
    clip = ClipConfig.of(folder.config("text_encoder"), false);
    tokenizer = TokenizerFiles.clip(folder.component("tokenizer"));
    try (ModelWeights weights = folder.weights("text_encoder")) {
      String prefix = weights.has("text_model.final_layer_norm.weight") ? "text_model." : "";
      text = new Planner(backend).plan(ClipText.graph(clip, prefix, 1, tokenizer.length(), false, List.of(), -1),
          weights);
    }
  }

  /**
   * Encodes a picture; pictures of one size after another are the fastest.
   *
   * @param sample (3, H, W) f32 in [-1, 1], both sides multiples of the autoencoder's reduction
   */
  public Moments ofPicture(Tensor sample) {
    int rows = sample.shape().intDim(1);
    int columns = sample.shape().intDim(2);
    if (pictures == null || rows != height || columns != width) {
      closePictures();
      try (ModelWeights weights = folder.weights("vae")) {
        pictures = new Planner(backend).plan(AutoencoderKL.encoder(autoencoder, 1, rows, columns), weights);
      }
      height = rows;
      width = columns;
    }
    pictures.in("image").row(0).write(sample);
    pictures.run();
    Shape shape = pictures.out("mean").shape();
    return new Moments(Shape.of(shape.dim(1), shape.dim(2), shape.dim(3)), pictures.out("mean").toFloats(),
        pictures.out("logvar").toFloats());
  }

  /** Encodes a text; what is longer than the encoder reads is cut. */
  public States ofText(String words) {
    long[] ids = tokenizer.tokenize(words).ids();
    text.in("input_ids").write(ids);
    text.in("end").write(ClipText.ends(clip, ids, ids.length));
    text.run();
    Shape shape = text.out("last_hidden_state").shape();
    return new States(Shape.of(shape.dim(1), shape.dim(2)), text.out("last_hidden_state").toFloats(),
        text.out("pooled").toFloats());
  }

  private void closePictures() {
    if (pictures != null) {
      pictures.close();
      pictures = null;
    }
  }

  @Override
  public void close() {
    closePictures();
    text.close();
  }
}
