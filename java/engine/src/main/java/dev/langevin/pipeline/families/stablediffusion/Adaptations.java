package dev.langevin.pipeline.families.stablediffusion;

import dev.langevin.models.ClipConfig;
import dev.langevin.pipeline.engine.Updates;
import dev.langevin.pipeline.files.AdaptedParts;
import dev.langevin.pipeline.files.ModelParts;
import dev.langevin.pipeline.stages.ClipTextEncoder;
import dev.langevin.pipeline.stages.LatentDiffusion;
import dev.langevin.pipeline.stages.PromptEncoder;
import dev.langevin.policy.Findings;
import dev.langevin.request.LoadOptions;
import dev.langevin.tensor.Tensor;
import dev.langevin.text.ClipTokenizer;
import dev.langevin.weights.LoraFile;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.WeightsException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;

/**
 * A model under the low-rank updates that requests bring. Files are opened and checked where a request names them for
 * the first time, and again when a network packs the weights that they change; in between nothing is held. What was
 * found of the last few is remembered by the files' identities, so that a file that was changed is read anew. Any
 * thread.
 */
final class Adaptations {

  /** Few kilobytes each: names of the tensors that are changed. */
  private static final int REMEMBERED = 64;

  /** A file as it is, with its strengths. */
  private record Known(String identity, double weight, double textWeight) {}

  private final ModelParts parts;
  private final LoadOptions options;
  private final Adapted plain;
  private final List<Encoder> encoders;
  private final UnaryOperator<NamedTensors> unet;
  private final Findings findings;
  private final Map<List<Known>, Adapted> remembered = new LinkedHashMap<>(REMEMBERED, 0.75f, true) {
    private static final long serialVersionUID = 1L;

    @Override
    protected boolean removeEldestEntry(Map.Entry<List<Known>, Adapted> eldest) {
      return size() > REMEMBERED;
    }
  };

  /** A text encoder and what its component is called. */
  record Encoder(String component, ClipTextEncoder encoder, ClipConfig config) {}

  /**
   * @param parts that the model was made of, which must outlive this
   * @param plain without updates
   * @param unet puts weights beside the U-Net's that are not in the model's files
   */
  Adaptations(ModelParts parts, LoadOptions options, Adapted plain, List<Encoder> encoders,
      UnaryOperator<NamedTensors> unet) {
    this.parts = parts;
    this.options = options;
    this.plain = plain;
    this.encoders = encoders;
    this.unet = unet;
    this.findings = options.findings();
  }

  /**
   * The model with updates.
   *
   * @throws WeightsException naming a file that is missing, malformed, no numbers, or for another kind of model
   * @throws dev.langevin.policy.RefusedException as of the policy that the model was loaded with
   */
  Adapted of(List<LoadOptions.Lora> loras) {
    if (loras.isEmpty()) {
      return plain;
    }
    List<Known> known = loras.stream()
        .map(lora -> new Known(LoraFile.identity(lora.file()), lora.weight(), lora.textWeight())).toList();
    Adapted found;
    synchronized (remembered) {
      found = remembered.get(known);
    }
    if (found == null) { // made twice where two ask at once: that does no harm, and keeps nobody else waiting
      found = make(loras, known);
      synchronized (remembered) {
        remembered.put(known, found);
      }
    }
    return found;
  }

  private Adapted make(List<LoadOptions.Lora> loras, List<Known> known) {
    try (AdaptedParts adapted = open(loras, known)) {
      List<ClipTextEncoder> updated = new ArrayList<>();
      for (Encoder each : encoders) {
        Updates updates = updates(adapted, each.component, loras, known, UnaryOperator.identity());
        updated.add(updates == null ? each.encoder : updated(adapted, each, updates));
      }
      Updates updates = updates(adapted, LatentDiffusion.UNET, loras, known, unet);
      return new Adapted(new PromptEncoder(List.copyOf(updated)),
          updates == null ? plain.diffusion() : plain.diffusion().with(updates), plain.findings().with(loras));
    }
  }

  private static ClipTextEncoder updated(AdaptedParts adapted, Encoder own, Updates updates) {
    if (!adapted.teaches(own.component)) {
      return own.encoder.with(updates, own.encoder.tokenizer(), own.config);
    }
    ClipTokenizer tokenizer = adapted.tokenizer(own.component.replace("text_encoder", "tokenizer"));
    ClipConfig config = own.config.withEntries(adapted.entries(own.component));
    config.requireKnown(tokenizer);
    return own.encoder.with(updates, tokenizer, config);
  }

  /** What the files do to a network, or null if nothing. */
  private Updates updates(AdaptedParts adapted, String component, List<LoadOptions.Lora> loras, List<Known> known,
      UnaryOperator<NamedTensors> beside) {
    Map<String, Object> changes = adapted.changes(component);
    if (changes.isEmpty()) {
      return null;
    }
    List<String> notFinite = adapted.notFiniteUpdates(component);
    if (!notFinite.isEmpty()) {
      String message = loras.stream().map(lora -> lora.file().toString()).distinct().toList() + ": the updates of "
          + notFinite.size() + " tensors hold NaN or infinite values, such as "
          + notFinite.subList(0, Math.min(10, notFinite.size())) + "; download the file again";
      if (!options.allowNan()) {
        throw new WeightsException(message);
      }
      findings.odd(message);
    }
    return new Updates(known, changes, () -> new Opened(open(loras, known), component, beside));
  }

  /** @throws WeightsException if a file is not the one that is known */
  private AdaptedParts open(List<LoadOptions.Lora> loras, List<Known> known) {
    AdaptedParts opened = AdaptedParts.over(parts, loras, options, findings);
    for (int i = 0; i < loras.size(); i++) {
      if (!opened.identities().get(i).equals(known.get(i).identity)) {
        opened.close();
        throw new WeightsException(loras.get(i).file() + ": was replaced while its updates were merged; ask again");
      }
    }
    return opened;
  }

  /** A network's weights with updates, until they are packed. */
  private final class Opened implements Updates.Weights {

    private final AdaptedParts adapted;
    private final NamedTensors weights;
    private final String identity;

    Opened(AdaptedParts adapted, String component, UnaryOperator<NamedTensors> beside) {
      this.adapted = adapted;
      this.weights = beside.apply(adapted.weights(component));
      this.identity = beside.apply(parts.weights(component)).identity();
    }

    @Override
    public Tensor tensor(String name) {
      return weights.tensor(name);
    }

    @Override
    public String identity() {
      return identity;
    }

    @Override
    public void unload() {
      weights.unload();
    }

    @Override
    public void requireUnchanged() {
      weights.requireUnchanged();
    }

    @Override
    public void close() {
      adapted.close();
    }
  }
}
