package dev.langevin.pipeline.stages;

import dev.langevin.graph.Graph;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.engine.Updates;
import dev.langevin.tensor.Shape;
import dev.langevin.text.ClipTokenizer;
import java.util.Arrays;
import java.util.List;
import java.util.Map;

/** CLIP's text encoder (arXiv:2103.00020) with its tokenizer. */
public final class ClipTextEncoder implements TextEncoder {

  /** Layers of OpenCLIP's ViT-H as Stable Diffusion 2 has it: published without the last, which it does not read. */
  private static final int WITHOUT_THE_LAST = 23;

  private final Network network;
  private final ClipTokenizer tokenizer;
  private final ClipConfig config;
  private final String prefix;
  private final boolean penultimate;
  private final int entries; // of the tokenizer without learned tokens
  private final Updates updates; // or null

  /**
   * An encoder without updates; the network stays the caller's.
   *
   * @param prefix of the weights' names
   * @param penultimate whether the hidden states before the last layer are read, without the last norm, as SDXL does
   */
  public ClipTextEncoder(Network network, ClipTokenizer tokenizer, ClipConfig config, String prefix,
      boolean penultimate) {
    this(network, tokenizer, config, prefix, penultimate, null);
  }

  private ClipTextEncoder(Network network, ClipTokenizer tokenizer, ClipConfig config, String prefix,
      boolean penultimate, Updates updates) {
    this.network = network;
    this.updates = updates;
    this.tokenizer = tokenizer;
    this.config = config;
    this.prefix = prefix;
    this.penultimate = penultimate;
    this.entries = tokenizer.entries();
  }

  /**
   * The same network with updates.
   *
   * @param ownTokenizer with the tokens that they bring along
   * @param ownConfig with entries for these
   */
  public ClipTextEncoder with(Updates updates, ClipTokenizer ownTokenizer, ClipConfig ownConfig) {
    return new ClipTextEncoder(network, ownTokenizer, ownConfig, prefix, penultimate, updates);
  }

  @Override
  public ClipTokenizer tokenizer() {
    return tokenizer;
  }

  @Override
  public int width() {
    return config.width();
  }

  @Override
  public int clipSkip() {
    return penultimate || config.layers() == WITHOUT_THE_LAST ? 2 : 1;
  }

  @Override
  public int mostSkipped() {
    return config.layers() - (penultimate ? 2 : 1);
  }

  @Override
  public Map<String, Shape> storedWeights() {
    return graph(0).storedWeights();
  }

  @Override
  public Need need(String name, int clipSkip) {
    return new Need(name, network, List.of(clipSkip, config.entries()), () -> graph(clipSkip)).with(updates);
  }

  private Graph graph(int clipSkip) {
    return penultimate
        ? ClipText.graph(config, prefix, 1, tokenizer.length(), false, List.of(config.layers() - 1 - clipSkip), -1)
        : ClipText.graph(config, prefix, 1, tokenizer.length(), false, List.of(), clipSkip);
  }

  @Override
  public Encoded encode(long[] ids, int clipSkip) {
    return network.use(need("text_encoder", clipSkip), encoder -> {
      encoder.in("input_ids").write(ids);
      encoder.in("end").write(ClipText.ends(config, known(ids), ids.length));
      encoder.run();
      String states = penultimate ? "hidden_states." + (config.layers() - 1 - clipSkip) : "skipped";
      return new Encoded(encoder.out(states).toFloats(),
          encoder.out(config.projection() != null ? "text_embeds" : "pooled").toFloats());
    });
  }

  /** Learned tokens have larger ids than the end, which early files' rule takes for the largest: they count as 0. */
  private long[] known(long[] ids) {
    return Arrays.stream(ids).map(id -> id < entries ? id : 0).toArray();
  }
}
