package dev.langevin.training;

import dev.langevin.graph.Graph;
import dev.langevin.graph.Op;
import dev.langevin.graph.Value;
import dev.langevin.models.ClipConfig;
import dev.langevin.models.ClipText;
import dev.langevin.models.UNetConditionConfig;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.ModelFolder;
import dev.langevin.weights.ModelWeights;
import dev.langevin.weights.TokenizerFiles;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;

/**
 * What reads the texts of a latent model: one encoder in Stable Diffusion 1 and 2, whose last state is the U-Net's
 * context; two in XL (arXiv:2307.01952, section 2.1), whose states before the last layer stand side by side, and of
 * which the second pools the text for the time embedding. The graph of both and the U-Net is one, so that a loss
 * reaches them.
 */
final class TextEncoders {

  static final String UNET = "unet.";
  static final String TEXT = "text_encoder.";
  static final String TEXT_2 = "text_encoder_2.";

  /** Height and width of the original, rows and columns that were cut, height and width of the sample. */
  static final int TIME_IDS = 6;

  private static final String STATES = "encoder_hidden_states";
  private static final String POOLED = "text_embeds";

  /**
   * One of them.
   *
   * @param prefix of its weights' names in the graph; the component's name
   * @param stored of their names in the file: {@code text_model.} or nothing
   * @param suffix of its inputs' names
   * @param learned embeddings of a word that is learnt, behind those of its table; 0 where none is
   */
  private record Encoder(String prefix, String stored, String suffix, ClipConfig config, ClipTokenizer tokenizer,
      int learned) {

    /** Before the last layer, as XL reads it. */
    int hidden() {
      return config.layers() - 1;
    }

    /** The same that knows a word of {@code count} embeddings. */
    Encoder learning(String word, int count) {
      List<Integer> ids = IntStream.range(config.entries(), config.entries() + count).boxed().toList();
      return new Encoder(prefix, stored, suffix, config, tokenizer.with(Map.of(word, ids)), count);
    }

    Graph graph(int batch, List<Integer> states) {
      ClipConfig known = learned == 0 ? config : config.withEntries(config.entries() + 1);
      Graph graph = ClipText.graph(known, stored, batch, tokenizer.length(), false, states, -1);
      return learned == 0 ? graph : LearnedRows.insert(graph, learned);
    }

    /** Of texts behind one another. */
    long[] tokens(String[] texts) {
      int length = tokenizer.length();
      long[] ids = new long[texts.length * length];
      for (int n = 0; n < texts.length; n++) {
        System.arraycopy(tokenizer.tokenize(texts[n]).ids(), 0, ids, n * length, length);
      }
      return ids;
    }

    void write(String[] texts, Learner learner) {
      long[] ids = tokens(texts);
      if (learner.hasInput("end" + suffix)) { // where the text is pooled
        // a new token has a larger id than the end, which early files' rule takes for the largest: it counts as 0
        long[] known = Arrays.stream(ids).map(id -> id < config.entries() ? id : 0).toArray();
        learner.in("end" + suffix).write(ClipText.ends(config, known, tokenizer.length()));
      }
      if (learned > 0) {
        learner.in(LearnedRows.INPUT + suffix).write(LearnedRows.split(ids, config.entries()));
      }
      learner.in("input_ids" + suffix).write(ids);
    }
  }

  private final List<Encoder> encoders;

  private TextEncoders(List<Encoder> encoders) {
    this.encoders = encoders;
  }

  /**
   * Reads configurations and tokenizers.
   *
   * @param base null for new networks
   * @throws TrainingException if an encoder and its tokenizer do not go together
   */
  static TextEncoders of(TrainingConfig.Model model, BaseModel base) {
    ClipTokenizer tokenizer = TokenizerFiles.clip(model.tokenizer());
    ClipConfig text = ClipConfig.of(model.textEncoder(), false);
    if (text.positions() != tokenizer.length() || text.entries() < tokenizer.entries()) {
      throw new TrainingException("model.text_encoder has " + text.positions() + " positions and " + text.entries()
          + " entries, the tokenizer makes " + tokenizer.length() + " tokens of " + tokenizer.entries()
          + ": set max_position_embeddings and vocab_size to these");
    }
    Encoder first = new Encoder(TEXT, stored(base, "text_encoder"), "", text, tokenizer, 0);
    if (base == null || !base.isXl()) {
      return new TextEncoders(List.of(first));
    }
    ModelFolder folder = base.folder();
    ClipConfig second = ClipConfig.of(folder.config("text_encoder_2"), true);
    ClipTokenizer other = TokenizerFiles.clip(folder.component("tokenizer_2"));
    try {
      second.requireKnown(other);
    } catch (IllegalArgumentException e) {
      throw new TrainingException(folder.root() + ": text_encoder_2: " + e.getMessage(), e);
    }
    if (other.length() != tokenizer.length()) {
      throw new TrainingException(folder.root() + ": tokenizer makes " + tokenizer.length() + " tokens, tokenizer_2 "
          + other.length() + "; their states stand side by side, so they must be as many");
    }
    return new TextEncoders(
        List.of(first, new Encoder(TEXT_2, stored(base, "text_encoder_2"), "_2", second, other, 0)));
  }

  private static String stored(BaseModel base, String component) {
    if (base == null) {
      return "text_model.";
    }
    try (ModelWeights weights = base.folder().weights(component)) {
      return weights.has("text_model.final_layer_norm.weight") ? "text_model." : "";
    }
  }

  /** The same that know a word of {@code count} embeddings, which are trained: {@link LearnedRows}. */
  TextEncoders learning(String word, int count) {
    return new TextEncoders(encoders.stream().map(encoder -> encoder.learning(word, count)).toList());
  }

  /**
   * An encoder's table of embeddings.
   *
   * @param component that the encoder is
   * @param table its name there
   * @param tokens that a word is, without start and end
   */
  record Embeddings(String component, String table, List<Integer> tokens) {}

  /** Where each encoder has the embeddings of a word. */
  List<Embeddings> embeddings(String word) {
    return encoders.stream().map(encoder -> {
      List<Integer> ids = encoder.tokenizer.encode(word);
      return new Embeddings(encoder.prefix.replace(".", ""), encoder.stored + "embeddings.token_embedding.weight",
          ids.subList(1, ids.size() - 1));
    }).toList();
  }

  /** Whether a text has all of its new tokens, in all encoders. */
  boolean isWhole(String text) {
    return encoders.stream().allMatch(encoder -> {
      long there = Arrays.stream(encoder.tokens(new String[] {text})).filter(id -> id >= encoder.config.entries())
          .count();
      return there > 0 && there % encoder.learned == 0;
    });
  }

  /** Tokens of a text. */
  int length() {
    return encoders.getFirst().tokenizer.length();
  }

  boolean isXl() {
    return encoders.size() > 1;
  }

  /** @throws TrainingException if the U-Net expects other states than these encoders give */
  void requireFit(UNetConditionConfig unet) {
    int width = encoders.stream().mapToInt(encoder -> encoder.config.width()).sum();
    if (isXl() && unet.contextDim() != width) {
      throw new TrainingException("the U-Net's cross_attention_dim is " + unet.contextDim()
          + ", the text encoders' states are " + width + " wide together; do they belong to one model?");
    }
    if (isXl() && unet.projectionDim() != null && unet.addedTimeDim() != null
        && unet.projectionDim() != encoders.getLast().config.projection() + TIME_IDS * unet.addedTimeDim()) {
      throw new TrainingException("the U-Net's projection_class_embeddings_input_dim is " + unet.projectionDim()
          + ", must be text_encoder_2's projection_dim, " + encoders.getLast().config.projection() + ", and "
          + TIME_IDS + " times addition_time_embed_dim, " + unet.addedTimeDim() + "; a refiner is not trained");
    }
  }

  /** A whole network and the layers of its text encoders that get updates, each behind its component's name. */
  record Joined(Graph graph, Set<String> layers) {}

  /**
   * Encoders and U-Net as one graph with the inputs {@code input_ids}, in XL also {@code input_ids_2}, {@code end_2}
   * and {@code time_ids} (N, 6), beside those of the U-Net.
   *
   * @param lora of the encoders' attention; null where they get no updates
   */
  Joined before(Graph unet, int batch, LowRank lora) {
    Set<String> layers = new TreeSet<>();
    Graph first = encoder(encoders.getFirst(), batch, lora, layers);
    if (!isXl()) {
      return new Joined(JoinedGraph.of(TEXT, first, Map.of("last_hidden_state", STATES), UNET, unet), layers);
    }
    Encoder one = encoders.getFirst();
    Encoder two = encoders.getLast();
    Graph second = encoder(two, batch, lora, layers);
    Graph both = JoinedGraph.beside(TEXT, renamed(first, "", "first."), TEXT_2, renamed(second, "_2", "second."),
        Set.of("first.hidden_states." + one.hidden(), "second.hidden_states." + two.hidden(), "second." + POOLED));
    Value left = both.outputs().get("first.hidden_states." + one.hidden());
    Value right = both.outputs().get("second.hidden_states." + two.hidden());
    GraphExtension extension = new GraphExtension(both);
    extension.output(STATES, extension.emit("states", new Op.Concat(2), List.of(left, right),
        left.shape().with(2, left.shape().dim(2) + right.shape().dim(2))));
    extension.output(POOLED, both.outputs().get("second." + POOLED));
    Graph all = JoinedGraph.of("", extension.build(), Map.of(STATES, STATES, POOLED, POOLED), UNET, unet);
    Set<String> read = all.storedWeights().keySet(); // the first encoder's last layer is not
    layers.removeIf(layer -> read.stream().noneMatch(name -> LowRank.isUpdate(name)
        && LowRank.layer(name).equals(layer)));
    return new Joined(all, layers);
  }

  private Graph encoder(Encoder encoder, int batch, LowRank lora, Set<String> layers) {
    Graph graph = encoder.graph(batch, isXl() ? List.of(encoder.hidden()) : List.of());
    if (lora == null) {
      return graph;
    }
    LowRank.Updated updated = lora.ofText().insert(graph, encoder.prefix);
    updated.layers().forEach(layer -> layers.add(encoder.prefix + layer));
    return updated.graph();
  }

  /** The graph whose inputs' names end and whose outputs' names begin otherwise; the key of dropout keeps its name. */
  private static Graph renamed(Graph graph, String suffix, String prefix) {
    Map<String, Value> inputs = new LinkedHashMap<>();
    graph.inputs().forEach(
        (name, value) -> inputs.put(name.endsWith(LowRank.DROPOUT_KEY) ? name : name + suffix, value));
    Map<String, Value> outputs = new HashMap<>();
    graph.outputs().forEach((name, value) -> outputs.put(prefix + name, value));
    return new Graph(inputs, graph.steady(), outputs, graph.nodes());
  }

  /** Writes the texts of a batch. */
  void write(String[] texts, Learner learner) {
    encoders.forEach(encoder -> encoder.write(texts, learner));
  }
}
