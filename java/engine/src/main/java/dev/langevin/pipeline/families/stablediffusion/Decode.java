package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.image.Images;
import dev.langevin.pipeline.engine.DecodeEvent;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Recorded;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.util.List;

/** From latents to pictures. */
record Decode(StableDiffusionModel model, GenerationRequest request, Shape latents) implements Stage {

  @Override
  public String name() {
    return "decode";
  }

  @Override
  public List<Need> needs() {
    return List.of(model.codec.decoder(latents.intDim(0), latents.intDim(2), latents.intDim(3), request.tiling()));
  }

  @Override
  public void run(Run run) {
    DecodeEvent event = Recorded.begin(DecodeEvent::new);
    Tensor pictures = model.codec.decode(run.tensors().get("latents"), request.tiling(), run::pass);
    if (event != null) {
      Shape decoded = pictures.shape();
      event.samples = decoded.intDim(0);
      event.height = decoded.intDim(2);
      event.width = decoded.intDim(3);
      event.tiled = request.tiling() != null;
      event.commit();
    }
    run.tensors().put("pictures", Images.signedToUnit(pictures));
  }
}
