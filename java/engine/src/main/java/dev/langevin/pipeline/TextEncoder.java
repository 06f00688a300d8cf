package dev.langevin.pipeline;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.plan.Plan;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.Planner;
import dev.langevin.plan.WeightCache;
import dev.langevin.graph.Graph;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.TensorSource;
import dev.langevin.text.ClipTokenizer;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;

/**
 * A CLIP text encoder with its tokenizer. Texts are encoded one at a time, so that a text's result does not depend on what else is
 * in its batch. Keeps the plan of the last clip skip; used by one thread at a time.
 */
final class TextEncoder implements AutoCloseable {

  /** A text's hidden states (L, C), and its pooled embedding (P). */
  record Encoded(float[] states, float[] pooled) {}

  private final Planner planner;
  private final ClipTokenizer tokenizer;
  private final ClipConfig config;
  private final String prefix;
  private final boolean penultimate;
  private final KeptPlan plan;

  /**
   * @param prefix of the weights' names
   * @param cache of packed weights, or null
   * @param penultimate whether the hidden states before the last layer are read, without the last norm, as SDXL does
   */
  TextEncoder(
      Backend backend, ClipTokenizer tokenizer, ClipConfig config, TensorSource weights, WeightCache cache, String prefix,
      boolean penultimate) {
    this.planner = new Planner(backend, Precision.F32, cache);
    this.tokenizer = tokenizer;
    this.config = config;
    this.plan = new KeptPlan("text_encoder", planner, weights);
    this.prefix = prefix;
    this.penultimate = penultimate;
  }

  ClipTokenizer tokenizer() {
    return tokenizer;
  }

  int width() {
    return config.width();
  }

  /** Layers that may be left out at the end. */
  int mostSkipped() {
    return config.layers() - (penultimate ? 2 : 1);
  }

  Map<String, Shape> storedWeights() {
    return graph(0).storedWeights();
  }

  PlanSize size(int clipSkip) {
    return planner.size(graph(clipSkip));
  }

  private Graph graph(int clipSkip) {
    return penultimate
        ? ClipText.graph(config, prefix, 1, tokenizer.length(), false, List.of(config.layers() - 1 - clipSkip), -1)
        : ClipText.graph(config, prefix, 1, tokenizer.length(), false, List.of(), clipSkip);
  }

  /** @param ids as many as the tokenizer's length */
  Encoded encode(long[] ids, int clipSkip) {
    Plan encoder = plan.get(clipSkip, () -> graph(clipSkip));
    MemorySegment.copy(ids, 0, encoder.input("input_ids").data(), ValueLayout.JAVA_LONG, 0, ids.length);
    encoder.input("end").data().setAtIndex(ValueLayout.JAVA_LONG, 0, ClipText.ends(config, ids, ids.length)[0]);
    encoder.run();
    String states = penultimate ? "hidden_states." + (config.layers() - 1 - clipSkip) : "skipped";
    return new Encoded(encoder.output(states).toFloats(), encoder.output(config.projection() != null ? "text_embeds" : "pooled").toFloats());
  }

  @Override
  public void close() {
    plan.close();
  }
}
