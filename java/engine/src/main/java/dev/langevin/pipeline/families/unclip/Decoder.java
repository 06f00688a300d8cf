package dev.langevin.pipeline.families.unclip;

import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.engine.Walk;
import dev.langevin.pipeline.stages.TextMask;
import dev.langevin.plan.Plan;
import dev.langevin.tensor.Tensor;
import java.util.List;

/** From an image embedding to a small picture. */
record Decoder(UnClipModel model, UnClipShape shape) implements Stage {

  /** (N, 3, S, S) in [-1, 1]. */
  static final String SMALL = "small";

  @Override
  public String name() {
    return "decoder";
  }

  @Override
  public List<Need> needs() {
    return List.of(model.need("decoder", shape));
  }

  @Override
  public Pace pace() {
    long side = model.decoder.sampleSize();
    return new Pace(List.of("decoder", shape.samples(), shape.guided()), shape.samples() * 3 * side * side,
        shape.decoderSteps());
  }

  @Override
  public void run(Run run) {
    Walk chain = run.turn(() -> Chains.begin(model, shape, "decoder", "sample",
        model.trajectory("decoder_scheduler", shape.decoderSteps()), shape.decoderGuidance(), run,
        plan -> write(plan, run)));
    run.walk(chain, SMALL);
    run.tensors().keySet().removeAll(List.of(Project.CONTEXT, Project.TIME));
    Tensor sampled = run.tensors().get(SMALL);
    float[] values = sampled.toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = Math.clamp(values[i], -1, 1);
    }
    run.tensors().put(SMALL, Tensor.ofFloats(values, sampled.shape().dims()));
  }

  private void write(Plan plan, Run run) {
    plan.in("encoder_hidden_states").write(run.tensors().get(Project.CONTEXT));
    plan.in("class_labels").write(run.tensors().get(Project.TIME));
    plan.in("attention_bias")
        .write(TextMask.of(plan.in("attention_bias").shape(), run.tensors().get(Texts.LENGTHS).toLongs(),
            model.projection.extra(), model.textEncoder.tokenizer().length()));
  }
}
