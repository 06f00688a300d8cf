package dev.langevin.pipeline.families.unclip;

import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.engine.Walk;
import dev.langevin.pipeline.stages.TextMask;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.Tensor;
import java.util.List;

/** From a text to the embedding of a picture that it could describe. */
record Prior(UnClipModel model, UnClipShape shape) implements Stage {

  /** (N, E). */
  static final String EMBEDDINGS = "image_embeds";

  Prior {
    if (model.prior == null) {
      throw new IllegalArgumentException(model.folder.root() + " has no prior; give it pictures to vary");
    }
  }

  @Override
  public String name() {
    return "prior";
  }

  @Override
  public List<Need> needs() {
    return List.of(model.need("prior", shape));
  }

  @Override
  public Pace pace() {
    return new Pace(List.of("prior", shape.samples(), shape.guided()),
        (long) shape.samples() * model.prior.imageWidth(), shape.priorSteps());
  }

  @Override
  public void run(Run run) {
    Walk chain = run.turn(() -> Chains.begin(model, shape, "prior", "hidden_states",
        model.trajectory("prior_scheduler", shape.priorSteps()), shape.priorGuidance(), run,
        plan -> write(plan, run)));
    run.walk(chain, EMBEDDINGS);
    float[] sampled = run.tensors().get(EMBEDDINGS).toFloats();
    float[] deviation = model.priorDeviation;
    float[] mean = model.priorMean;
    for (int i = 0; i < sampled.length; i++) {
      sampled[i] = sampled[i] * deviation[i % deviation.length] + mean[i % mean.length];
    }
    run.tensors().put(EMBEDDINGS, Tensor.ofFloats(sampled, shape.samples(), model.prior.imageWidth()));
  }

  private void write(Plan plan, Run run) {
    plan.in("proj_embedding").write(run.tensors().get(Texts.EMBEDDINGS));
    plan.in("encoder_hidden_states").write(run.tensors().get(Texts.STATES));
    plan.in("attention_bias")
        .write(TextMask.of(plan.in("attention_bias").shape(), run.tensors().get(Texts.LENGTHS).toLongs(), 0,
            model.textEncoder.tokenizer().length()));
  }
}
