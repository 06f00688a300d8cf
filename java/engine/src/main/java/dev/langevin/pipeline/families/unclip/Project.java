package dev.langevin.pipeline.families.unclip;

import dev.langevin.pipeline.engine.Lease;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.plan.Plan;
import java.util.List;

/** What the decoder reads of texts and embeddings. */
record Project(UnClipModel model, UnClipShape shape) implements Stage {

  static final String CONTEXT = "context";

  static final String TIME = "time";

  @Override
  public String name() {
    return "project";
  }

  @Override
  public List<Need> needs() {
    return List.of(model.need("text_proj", shape));
  }

  @Override
  public void run(Run run) {
    run.turn(() -> {
      try (Lease lease = Chains.lease(model, shape, "text_proj", run)) {
        lease.enter();
        Plan plan = lease.plan();
        plan.in("image_embeddings").write(run.tensors().get(Prior.EMBEDDINGS));
        plan.in("prompt_embeds").write(run.tensors().get(Texts.EMBEDDINGS));
        plan.in("text_encoder_hidden_states").write(run.tensors().get(Texts.STATES));
        lease.prepare();
        plan.run();
        for (String name : new String[] {CONTEXT, TIME}) {
          run.tensors().put(name, plan.out(name).read());
        }
      }
      return null;
    });
  }
}
