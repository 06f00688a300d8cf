package dev.langevin.pipeline.families.unclip;

import dev.langevin.backend.Backend;
import dev.langevin.diffusion.NoiseSource;
import dev.langevin.pipeline.engine.Model;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.ModelFacts;
import dev.langevin.request.Setting;
import java.util.List;
import java.util.Set;

/** The first stages of a model, up to an image embedding. Closing it leaves the model as it is. */
record PriorAlone(UnClipModel whole, UnClipShape shape, GenerationRequest request) implements Model {

  @Override
  public Backend backend() {
    return whole.backend();
  }

  @Override
  public ModelFacts facts() {
    return whole.facts();
  }

  @Override
  public Set<Setting> honours() {
    return whole.honours();
  }

  @Override
  public GenerationRequest complete(GenerationRequest request) {
    return whole.complete(request);
  }

  @Override
  public List<Stage> stages(GenerationRequest request) {
    return List.of(new Texts(whole, shape, request), new Prior(whole, shape));
  }

  @Override
  public long bytesBeside(GenerationRequest request) {
    return whole.bytesBeside(request);
  }

  @Override
  public NoiseSource noise(GenerationRequest request) {
    return whole.noise(request);
  }

  @Override
  public boolean inTurn() {
    return whole.inTurn();
  }

  @Override
  public void close() {}
}
