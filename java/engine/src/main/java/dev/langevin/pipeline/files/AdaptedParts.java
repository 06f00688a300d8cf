package dev.langevin.pipeline.files;

import dev.langevin.policy.Findings;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.AppendedRows;
import dev.langevin.weights.LoraFile;
import dev.langevin.weights.MergedTensors;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.TextualInversion;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** A model's parts with low-rank updates merged into their weights, and with learned tokens. */
public final class AdaptedParts implements WrappedParts {

  private static final String TABLE = "embeddings.token_embedding.weight";

  private final ModelParts base;
  private final boolean owner; // of the base
  private final List<LoraFile> own = new ArrayList<>(); // opened by this one
  private final Map<LoraFile, MergedTensors.Strengths> loras = new LinkedHashMap<>();
  private final List<Learned> bundled = new ArrayList<>(); // with those
  private final List<Learned> alone = new ArrayList<>(); // in files of their own
  private final Set<String> taught = new HashSet<>(); // components, by files that this one opened
  private final Map<String, NamedTensors> weights = new HashMap<>();
  private final Map<String, Map<String, List<Integer>>> tokens = new HashMap<>(); // by component: ids of each token's
                                                                                  // vectors
  private final Map<String, String> files = new HashMap<>(); // tokens by their files' names, which web UIs call them
  private final Map<String, Integer> entries = new HashMap<>(); // by component: of its table with the learned tokens
  private final Map<String, byte[]> rows = new HashMap<>(); // by component: what its table has more
  private final Map<String, MergedTensors> merged = new HashMap<>();

  /** Tokens of a file and their vectors, by component. */
  private record Learned(Path file, Map<String, Map<String, Tensor>> tokens) {}

  /**
   * Opens the updates and learned tokens of the options; weights are merged as they are read.
   *
   * @param base owned by this one from now on, also where it cannot be made
   * @throws dev.langevin.weights.WeightsException if a file is missing, malformed or for another kind of model
   */
  public AdaptedParts(ModelParts base, LoadOptions options) {
    this.base = base;
    this.owner = true;
    Findings findings = options.findings();
    try {
      open(options.loras(), options, findings);
      for (LoadOptions.Embedding embedding : options.embeddings()) {
        Map<String, Map<String, Tensor>> read = TextualInversion.read(embedding.file(), embedding.token());
        alone.add(new Learned(embedding.file(), read));
        if (embedding.token() == null) {
          read.values().stream().filter(tokens -> tokens.size() == 1).forEach(
              tokens -> files.put(TextualInversion.fileName(embedding.file()), tokens.keySet().iterator().next()));
        }
      }
      merge(findings);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private AdaptedParts(ModelParts parts, List<LoadOptions.Lora> more, LoadOptions options, Findings findings) {
    this.owner = false;
    if (parts instanceof AdaptedParts before) {
      this.base = before.base;
      loras.putAll(before.loras);
      bundled.addAll(before.bundled);
      alone.addAll(before.alone);
      files.putAll(before.files);
    } else {
      this.base = parts;
    }
    try {
      open(more, options, findings);
      merge(findings);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /**
   * A model's parts as if it had been loaded with further updates. Reads the parts, which it does not own and which
   * must outlive it.
   *
   * @param options that the model was loaded with
   * @param findings told of what cannot be honoured of the updates
   * @throws dev.langevin.weights.WeightsException if a file is missing, malformed or for another kind of model
   */
  public static AdaptedParts over(ModelParts parts, List<LoadOptions.Lora> more, LoadOptions options,
      Findings findings) {
    return new AdaptedParts(parts, more, options, findings);
  }

  private void open(List<LoadOptions.Lora> files, LoadOptions options, Findings findings) {
    for (LoadOptions.Lora lora : files) {
      LoraFile file = LoraFile.open(lora.file());
      own.add(file);
      loras.put(file, new MergedTensors.Strengths(lora.weight(), lora.textWeight(), options.comfyUpdates()));
      if (!file.leftOut().isEmpty()) {
        findings
            .leftover(lora.file() + ": " + file.leftOut().size() + " tensors by older names than the first, such as "
                + file.leftOut().getFirst()
                + ", are left out, as diffusers does; rename them to lora_A and lora_B to merge them too");
      }
      bundled.add(new Learned(lora.file(), file.tokens()));
      taught.addAll(file.tokens().keySet());
    }
  }

  private void merge(Findings findings) {
    Map<String, NamedTensors> components = new LinkedHashMap<>();
    for (String component : List.of("unet", "text_encoder", "text_encoder_2")) {
      if (base.components().containsKey(component)) {
        components.put(component, base.weights(component));
      }
    }
    weights.putAll(MergedTensors.merge(components, loras, findings));
    weights.forEach((component, each) -> {
      if (each instanceof MergedTensors of) {
        merged.put(component, of);
      }
    });
    Map<String, Map<String, Tensor>> learned = new LinkedHashMap<>();
    bundled.forEach(each -> collect(learned, each, findings));
    alone.forEach(each -> collect(learned, each, findings));
    learned.forEach(this::learn);
  }

  /** Identities of the files that this one opened, as they were then, in their order. */
  public List<String> identities() {
    return own.stream().map(LoraFile::identity).toList();
  }

  /**
   * What the files that this one opened do to a component's tensors, by their names: equal where the values are, among
   * parts of the same base.
   */
  public Map<String, Object> changes(String component) {
    Map<String, Object> changes = new HashMap<>();
    if (merged.containsKey(component)) {
      changes.putAll(merged.get(component).changes(own));
    }
    if (taught.contains(component)) {
      String table = table(component);
      changes.put(table, List.of(changes.getOrDefault(table, ""), ByteBuffer.wrap(rows.get(component))));
    }
    return changes;
  }

  /** Names of a component's tensors that updates make NaN or infinite; the model's own are not read. */
  public List<String> notFiniteUpdates(String component) {
    List<String> found = new ArrayList<>();
    if (merged.containsKey(component)) {
      found.addAll(merged.get(component).notFiniteUpdates());
    }
    bundled.forEach(file -> file.tokens.getOrDefault(component, Map.of()).forEach((token, vectors) -> {
      if (!vectors.isFinite()) {
        found.add(token + " (a learned token)");
      }
    }));
    return found;
  }

  /** Whether files that this one opened bring tokens for a text encoder. */
  public boolean teaches(String component) {
    return taught.contains(component);
  }

  /** Entries of a text encoder's table with all learned tokens, of which there are some. */
  public int entries(String component) {
    return entries.get(component);
  }

  private String table(String component) {
    return base.weights(component).has("text_model." + TABLE) ? "text_model." + TABLE : TABLE;
  }

  private static void collect(Map<String, Map<String, Tensor>> learned, Learned added, Findings findings) {
    added.tokens.forEach((component, tokens) -> tokens.forEach((token, vectors) -> {
      if (learned.computeIfAbsent(component, c -> new LinkedHashMap<>()).put(token, vectors) != null) {
        findings.odd(added.file + ": the token " + token + " takes the place of an earlier file's of the same name");
      }
    }));
  }

  private void learn(String component, Map<String, Tensor> vectors) {
    NamedTensors encoder = weights.get(component);
    if (encoder == null) {
      throw new IllegalArgumentException(
          base.name() + ": has no " + component + " to know the tokens " + vectors.keySet());
    }
    String table = table(component);
    int next = encoder.tensor(table).shape().intDim(0);
    long count = vectors.values().stream().mapToLong(tensor -> tensor.shape().dim(0)).sum();
    Tensor learnt = Tensor.allocate(DType.F32, Shape.of(count, encoder.tensor(table).shape().dim(1)));
    long at = 0;
    Map<String, List<Integer>> ids = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> token : vectors.entrySet()) {
      Tensor own = token.getValue();
      if (own.shape().dim(1) != learnt.shape().dim(1)) {
        throw new IllegalArgumentException(
            "the learned token " + token.getKey() + " has " + own.shape().dim(1) + " channels, the "
                + component + " " + learnt.shape().dim(1) + "; was it learned for another kind of model?");
      }
      MemorySegment.copy(own.data(), 0, learnt.data(), at, own.data().byteSize());
      at += own.data().byteSize();
      List<Integer> places = new ArrayList<>();
      for (int i = 0; i < own.shape().dim(0); i++) {
        places.add(next++);
      }
      ids.put(token.getKey(), places);
    }
    tokens.put(component, ids);
    entries.put(component, next);
    rows.put(component, learnt.data().toArray(ValueLayout.JAVA_BYTE));
    weights.put(component, new AppendedRows(encoder, table, learnt));
  }

  @Override
  public ModelParts base() {
    return base;
  }

  @Override
  public Map<String, Object> config(String component) {
    Map<String, Object> config = base.config(component);
    if (tokens.containsKey(component)) {
      config = new HashMap<>(config);
      config.put("vocab_size", entries.get(component));
    }
    return config;
  }

  @Override
  public ClipTokenizer tokenizer(String component) {
    ClipTokenizer tokenizer = base.tokenizer(component);
    Map<String, List<Integer>> learned = tokens.get(component.replace("tokenizer", "text_encoder"));
    if (learned == null) {
      return tokenizer;
    }
    Map<String, List<Integer>> named = new HashMap<>();
    files.forEach((file, token) -> {
      if (learned.containsKey(token)) {
        named.put(file, learned.get(token));
      }
    });
    return tokenizer.with(learned, named);
  }

  @Override
  public NamedTensors weights(String component) {
    return weights.containsKey(component) ? weights.get(component) : base.weights(component);
  }

  @Override
  public void close() {
    own.forEach(LoraFile::close);
    if (owner) {
      base.close();
    }
  }
}
