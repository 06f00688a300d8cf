package dev.langevin.pipeline.families.unclip;

import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Run;
import dev.langevin.pipeline.engine.Stage;
import dev.langevin.pipeline.stages.TextEncoder;
import dev.langevin.request.GenerationRequest;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.TokenIds;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** Texts as the networks are told of them, rows of the negative half first. */
record Texts(UnClipModel model, UnClipShape shape, GenerationRequest request) implements Stage {

  /** (N, E). */
  static final String EMBEDDINGS = "text.embeddings";

  /** (N, L, C). */
  static final String STATES = "text.states";

  /** (N): tokens of each. */
  static final String LENGTHS = "text.lengths";

  @Override
  public String name() {
    return "text";
  }

  @Override
  public List<Need> needs() {
    return List.of(model.textEncoder.need("text_encoder", 0));
  }

  @Override
  public void run(Run run) {
    List<String> all = new ArrayList<>();
    if (shape.guided()) {
      all.addAll(Collections.nCopies(shape.samples(), ""));
    }
    if (request.prompts().isEmpty()) {
      all.addAll(Collections.nCopies(shape.samples(), ""));
    }
    request.prompts().forEach(prompt -> all.addAll(Collections.nCopies(request.count(), prompt)));
    float[][] embeddings = new float[all.size()][];
    float[][] states = new float[all.size()][];
    long[] lengths = new long[all.size()];
    TextEncoder.Encoded encoded = null;
    for (int n = 0; n < all.size(); n++) {
      TokenIds tokens = model.textEncoder.tokenizer().tokenize(all.get(n));
      encoded = n > 0 && all.get(n).equals(all.get(n - 1)) ? encoded
          : run.turn(() -> model.textEncoder.encode(tokens.ids(), 0));
      embeddings[n] = encoded.pooled();
      states[n] = encoded.states();
      lengths[n] = tokens.length();
    }
    run.tensors().put(EMBEDDINGS, stacked(embeddings, model.text.projection()));
    run.tensors().put(STATES, stacked(states, model.textEncoder.tokenizer().length(), model.text.width()));
    run.tensors().put(LENGTHS, Tensor.ofLongs(lengths, lengths.length));
  }

  /** Rows of one shape as one tensor. */
  static Tensor stacked(float[][] rows, long... shape) {
    float[] all = new float[rows.length * rows[0].length];
    for (int n = 0; n < rows.length; n++) {
      System.arraycopy(rows[n], 0, all, n * rows[n].length, rows[n].length);
    }
    long[] dims = new long[shape.length + 1];
    dims[0] = rows.length;
    System.arraycopy(shape, 0, dims, 1, shape.length);
    return Tensor.ofFloats(all, dims);
  }
}
