package dev.langevin.pipeline.families.unclip;

import dev.langevin.image.ClipPreprocessing;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import java.util.List;

/** Embeddings that the request holds, or of the picture that it holds, in the place of a prior's. */
record Given(UnClipModel model, GenerationRequest request) implements Stage {

  @Override
  public String name() {
    return "image";
  }

  @Override
  public List<Need> needs() {
    return request.imagePrompt() == null ? List.of() : List.of(model.imageEncoder.need());
  }

  @Override
  public void run(Run run) {
    Tensor given = request.imageEmbeddings();
    if (given == null) {
      GenerationRequest.ImagePrompt prompt = request.imagePrompt();
      if (prompt.scale() != 1) {
        throw new IllegalArgumentException(
            "unCLIP varies a picture as a whole; its scale is " + prompt.scale() + ", must be 1");
      }
      Tensor pixels =
          prompt.pixels() != null ? prompt.pixels() : ClipPreprocessing.pixels(prompt.picture(), model.side());
      given = run.turn(() -> model.imageEncoder.encode(pixels));
    }
    run.tensors().put(Prior.EMBEDDINGS, repeated(given, request.samples()));
  }

  /** A row for each sample; fewer rows are each used for as many samples in turn. */
  private static Tensor repeated(Tensor rows, int samples) {
    int given = rows.shape().intDim(0);
    if (given == 0 || samples % given != 0) {
      throw new IllegalArgumentException(
          "there are " + given + " embeddings for " + samples + " samples; give one, or one for each");
    }
    int width = rows.shape().intDim(1);
    float[] values = rows.toFloats();
    float[] all = new float[samples * width];
    for (int i = 0; i < samples; i++) {
      System.arraycopy(values, i / (samples / given) * width, all, i * width, width);
    }
    return Tensor.ofFloats(all, samples, width);
  }
}
