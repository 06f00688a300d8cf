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
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** A model's parts with low-rank updates merged into their weights, and with learned tokens. */
public final class AdaptedParts implements WrappedParts {

  private static final String TABLE = "embeddings.token_embedding.weight";

  private final ModelParts base;
  private final List<LoraFile> loras = new ArrayList<>();
  private final Map<String, NamedTensors> weights = new HashMap<>();
  private final Map<String, Map<String, List<Integer>>> tokens = new HashMap<>(); // by component: ids of each token's
                                                                                  // vectors
  private final Map<String, String> files = new HashMap<>(); // tokens by their files' names, which web UIs call them
  private final Map<String, Integer> entries = new HashMap<>(); // by component: of its table with the learned tokens

  /** @param base owned by this one from now on, also where it cannot be made */
  public AdaptedParts(ModelParts base, LoadOptions options) {
    this.base = base;
    Findings findings = options.findings();
    try {
      Map<String, Map<String, Tensor>> learned = new LinkedHashMap<>();
      Map<LoraFile, MergedTensors.Strengths> factors = new LinkedHashMap<>();
      for (LoadOptions.Lora lora : options.loras()) {
        LoraFile file = LoraFile.open(lora.file());
        loras.add(file);
        factors.put(file, new MergedTensors.Strengths(lora.weight(), lora.textWeight(), options.comfyUpdates()));
        if (!file.leftOut().isEmpty()) {
          findings
              .leftover(lora.file() + ": " + file.leftOut().size() + " tensors by older names than the first, such as "
                  + file.leftOut().getFirst()
                  + ", are left out, as diffusers does; rename them to lora_A and lora_B to merge them too");
        }
        collect(learned, file.tokens(), lora.file(), options);
      }
      for (LoadOptions.Embedding embedding : options.embeddings()) {
        Map<String, Map<String, Tensor>> read = TextualInversion.read(embedding.file(), embedding.token());
        collect(learned, read, embedding.file(), options);
        if (embedding.token() == null) {
          read.values().stream().filter(own -> own.size() == 1).forEach(
              own -> files.put(TextualInversion.fileName(embedding.file()), own.keySet().iterator().next()));
        }
      }
      Map<String, NamedTensors> components = new LinkedHashMap<>();
      for (String component : List.of("unet", "text_encoder", "text_encoder_2")) {
        if (base.components().containsKey(component)) {
          components.put(component, base.weights(component));
        }
      }
      weights.putAll(MergedTensors.merge(components, factors, findings));
      learned.forEach(this::learn);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  private static void collect(
      Map<String, Map<String, Tensor>> learned, Map<String, Map<String, Tensor>> added, Path file,
      LoadOptions options) {
    added.forEach((component, tokens) -> tokens.forEach((token, vectors) -> {
      if (learned.computeIfAbsent(component, c -> new LinkedHashMap<>()).put(token, vectors) != null) {
        options.warnings()
            .accept(file + ": the token " + token + " takes the place of an earlier file's of the same name");
      }
    }));
  }

  private void learn(String component, Map<String, Tensor> vectors) {
    NamedTensors encoder = weights.get(component);
    if (encoder == null) {
      throw new IllegalArgumentException(
          base.name() + ": has no " + component + " to know the tokens " + vectors.keySet());
    }
    String table = encoder.has("text_model." + TABLE) ? "text_model." + TABLE : TABLE;
    int next = encoder.tensor(table).shape().intDim(0);
    long count = vectors.values().stream().mapToLong(tensor -> tensor.shape().dim(0)).sum();
    Tensor rows = Tensor.allocate(DType.F32, Shape.of(count, encoder.tensor(table).shape().dim(1)));
    long at = 0;
    Map<String, List<Integer>> ids = new LinkedHashMap<>();
    for (Map.Entry<String, Tensor> token : vectors.entrySet()) {
      Tensor own = token.getValue();
      if (own.shape().dim(1) != rows.shape().dim(1)) {
        throw new IllegalArgumentException(
            "the learned token " + token.getKey() + " has " + own.shape().dim(1) + " channels, the "
                + component + " " + rows.shape().dim(1) + "; was it learned for another kind of model?");
      }
      MemorySegment.copy(own.data(), 0, rows.data(), at, own.data().byteSize());
      at += own.data().byteSize();
      List<Integer> places = new ArrayList<>();
      for (int i = 0; i < own.shape().dim(0); i++) {
        places.add(next++);
      }
      ids.put(token.getKey(), places);
    }
    tokens.put(component, ids);
    entries.put(component, next);
    weights.put(component, new AppendedRows(encoder, table, rows));
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
    loras.forEach(LoraFile::close);
    base.close();
  }
}
