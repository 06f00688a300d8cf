package dev.langevin.pipeline.families.unclip;

import dev.langevin.image.ClipPreprocessing;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.stages.Rows;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.DType;
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
    Tensor all = Tensor.allocate(DType.F32, given.shape().with(0, request.samples()));
    Rows.write(given, all, 0, request.samples());
    run.tensors().put(Prior.EMBEDDINGS, all);
  }
}
