package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.image.ClipPreprocessing;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.stages.PromptEncoder.Context;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Tensor;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * What the network is told besides the sample: {@code context.NAME} and, under guidance, {@code negative.NAME} for each
 * of its steady inputs.
 */
record Text(StableDiffusionModel model, GenerationRequest request, RequestShape shape) implements Stage {

  static final String CONTEXT = "context.";

  static final String NEGATIVE = "negative.";

  static final String STATES = "encoder_hidden_states";

  @Override
  public String name() {
    return "text";
  }

  @Override
  public List<Need> needs() {
    List<Need> needs = new ArrayList<>(model.prompts.needs(request.clipSkip()));
    if (request.imagePrompt() != null) {
      needs.add(model.imageEncoder.need());
    }
    return needs;
  }

  @Override
  public void run(Run run) {
    Map<String, Tensor> tensors = run.tensors();
    Context context =
        model.prompts.encode(texts(request.prompts(), request.secondPrompt()), request.syntax(), request.clipSkip(),
            shape.chunks(), run);
    tensors.put(CONTEXT + STATES, context.states());
    Context negative = shape.guided() ? negative(context, run) : null;
    if (shape.guided()) {
      tensors.put(NEGATIVE + STATES, negative.states());
    }
    if (!shape.guided() && request.negativePrompts().stream().anyMatch(text -> !text.isEmpty())) {
      run.warnings().add("the negative prompt is not read, as nothing is guided; guide by more than 1");
    }
    UNetConditionConfig config = model.config;
    if (config.textTime()) {
      tensors.put(CONTEXT + "text_embeds", context.pooled());
      tensors.put(CONTEXT + "time_ids", request.micro().ids(shape.height(), shape.width(), model.scored(), false));
      if (shape.guided()) {
        tensors.put(NEGATIVE + "text_embeds", negative.pooled());
        tensors.put(NEGATIVE + "time_ids", request.micro().ids(shape.height(), shape.width(), model.scored(), true));
      }
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

  private Context negative(Context context, Run run) {
    if (request.negativePrompts().isEmpty() && request.secondNegativePrompt() == null && model.zerosWithoutNegative()) {
      return new Context(zeros(context.states()), zeros(context.pooled()));
    }
    List<String> negatives = request.negativePrompts().isEmpty() ? List.of("") : request.negativePrompts();
    return model.prompts.encode(texts(negatives, request.secondNegativePrompt()), request.syntax(), 0, shape.chunks(),
        run);
  }

  static List<List<String>> texts(List<String> prompts, String second) {
    return prompts.stream().map(prompt -> second == null ? List.of(prompt) : List.of(prompt, second)).toList();
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
