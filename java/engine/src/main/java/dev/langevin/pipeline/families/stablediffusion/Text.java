package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.image.ClipPreprocessing;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.stages.Composition;
import dev.langevin.pipeline.stages.Composition.Told;
import dev.langevin.pipeline.stages.Composition.Track;
import dev.langevin.request.GenerationRequest;
import dev.langevin.request.GenerationRequest.PromptSyntax;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What the network is told besides the sample: {@code context.NAME} and, under guidance, {@code negative.NAME} for each
 * of its steady inputs.
 */
record Text(StableDiffusionModel model, GenerationRequest request, RequestShape shape, Sample sample)
    implements Stage {

  static final String CONTEXT = "context.";

  static final String NEGATIVE = "negative.";

  static final String STATES = "encoder_hidden_states";

  @Override
  public String name() {
    return "text";
  }

  @Override
  public List<Need> needs() {
    List<Need> needs = new ArrayList<>(shape.adapted().prompts().needs(request.clipSkip()));
    if (request.imagePrompt() != null) {
      needs.add(model.imageEncoder.need());
    }
    return needs;
  }

  @Override
  public void run(Run run) {
    Map<String, Tensor> tensors = run.tensors();
    Composition told = told(run);
    Told context = told.parts().getFirst().texts().getFirst();
    Told negative = shape.guided() ? told.negative().texts().getFirst() : null;
    tensors.put(CONTEXT + STATES, context.states());
    if (shape.guided()) {
      tensors.put(NEGATIVE + STATES, negative.states());
    }
    if (!shape.guided() && request.negativePrompts().stream().anyMatch(text -> !text.isEmpty())) {
      run.warnings().add("the negative prompt is not read, as nothing is guided; guide by more than 1");
    }
    UNetConditionConfig config = model.config;
    context.inputs().forEach((name, rows) -> tensors.put(CONTEXT + name, rows));
    if (config.textTime()) {
      tensors.put(CONTEXT + "time_ids", request.micro().ids(shape.height(), shape.width(), model.scored(), false));
      if (shape.guided()) {
        negative.inputs().forEach((name, rows) -> tensors.put(NEGATIVE + name, rows));
        tensors.put(NEGATIVE + "time_ids", request.micro().ids(shape.height(), shape.width(), model.scored(), true));
      }
    }
    if (shape.prompts().changes() || shape.prompts().adds()) {
      sample.composed(told);
    }
    if (config.timeConditionDim() != null) {
      tensors.put(CONTEXT + "timestep_cond", guidanceEmbedding(shape.guidance() - 1, config.timeConditionDim()));
    }
    if (request.imagePrompt() != null) {
      GenerationRequest.ImagePrompt prompt = request.imagePrompt();
      Tensor pixels = prompt.pixels() != null ? prompt.pixels()
          : ClipPreprocessing.pixels(prompt.picture(), model.imageEncoder.side());
      Tensor embedding = run.turn(() -> model.imageEncoder.encode(pixels));
      tensors.put(CONTEXT + "image_embeds", embedding);
      tensors.put(NEGATIVE + "image_embeds", zeros(embedding));
    }
    if (model.upscales()) {
      Tensor level = Tensor.ofLongs(new long[] {request.noiseLevel()}, 1);
      tensors.put(CONTEXT + "class_labels", level);
      tensors.put(NEGATIVE + "class_labels", level);
    }
  }

  private Composition told(Run run) {
    EncodedPrompts encoded = new EncodedPrompts(model, shape.adapted().prompts(), shape.prompts(), run);
    List<Track> tracks = new ArrayList<>();
    for (int i = 0; i < shape.prompts().conditions(); i++) {
      int condition = i;
      tracks.add(encoded.track(shape.prompts().parts().stream().map(own -> own.get(condition)).toList(),
          request.clipSkip(), sample.firstCall(), sample.calls()));
    }
    return new Composition(shape.guided() ? negative(encoded, tracks.getFirst()) : null, tracks);
  }

  private Track negative(EncodedPrompts encoded, Track positive) {
    if (zeros()) {
      Told like = positive.texts().getFirst();
      Map<String, Tensor> inputs = new HashMap<>();
      like.inputs().forEach((name, rows) -> inputs.put(name, zeros(rows)));
      return new Track(new double[] {1}, List.of(new Told(zeros(like.states()), inputs)), new int[1]);
    }
    int clipSkip = request.syntax() == PromptSyntax.PLAIN ? 0 : request.clipSkip(); // diffusers reads it whole
    return encoded.track(shape.prompts().negative(), clipSkip, sample.firstCall(), sample.calls());
  }

  /** Whether the negative half is zeros: in AUTOMATIC1111 also for a text that is empty, in ComfyUI never. */
  private boolean zeros() {
    boolean none = request.negativePrompts().isEmpty()
        || request.syntax() == PromptSyntax.A1111 && request.negativePrompts().stream().allMatch(String::isEmpty);
    return model.zerosWithoutNegative() && none && request.secondNegativePrompt() == null
        && request.syntax() != PromptSyntax.COMFY;
  }

  private static Tensor zeros(Tensor like) {
    return Tensor.allocate(DType.F32, like.shape());
  }

  /** The sinusoid of a guidance scale, in single precision as the networks were trained with it (arXiv:2310.04378). */
  private static Tensor guidanceEmbedding(double scale, int width) {
    float[] values = new float[width];
    int half = width / 2;
    for (int i = 0; i < half; i++) {
      float angle = (float) (scale * 1000) * (float) Math.exp((float) i * (float) -(Math.log(10000) / (half - 1)));
      values[i] = (float) Math.sin(angle);
      values[half + i] = (float) Math.cos(angle);
    }
    return Tensor.ofFloats(values, 1, width);
  }
}
