package dev.langevin.weights;

import dev.langevin.policy.Findings;
import dev.langevin.policy.Policy;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Updates of a model's layers that were trained apart from it: LoRA (Hu et al., arXiv:2106.09685) and its kin, see
 * {@link LayerUpdates}. Reads the names of diffusers, old and new, of PEFT, of kohya's scripts and LyCORIS, SDXL's
 * original names included, and of cloneofsimo's: safetensors, which also hold learned tokens, {@code .pt} lists, and
 * PEFT's folders. Owned by whoever opened it.
 */
public final class LoraFile implements AutoCloseable {

  private static final Pattern TOKEN = Pattern.compile("<.*>");

  /** Learned tokens that trainers put beside the updates, by their names. */
  private static final Pattern BUNDLED =
      Pattern.compile("bundle_emb\\.(?<token>.+)\\.(?<tensor>string_to_param\\.\\*|emb_params|clip_l|clip_g)");

  /** Layers of a text encoder by the names that diffusers had for them until version 0.17. */
  private static final Map<String, String> TEXT_RENAMED =
      Map.of("to_q", "q_proj", "to_k", "k_proj", "to_v", "v_proj", "to_out", "out_proj");

  /** What a folder may hold. */
  private static final List<String> IN_FOLDER = List.of("adapter_model.safetensors", "adapter_model.bin",
      "pytorch_lora_weights.safetensors", "pytorch_lora_weights.bin");

  private final String identity;
  private final WeightFile file;
  private final LoraFactors factors;
  private final Map<String, Map<String, Tensor>> tokens = new LinkedHashMap<>();
  private final List<String> read = new ArrayList<>(); // as tokens
  private final List<String> leftOut = new ArrayList<>();

  private LoraFile(String identity, WeightFile file) {
    this.identity = identity;
    this.file = file;
    if (file.names().isEmpty()) {
      throw new WeightsException(file.origin() + ": holds no tensors; was the file downloaded whole?");
    }
    this.factors = LoraFactors.of(file);
    for (String name : file.names()) {
      Matcher bundled = BUNDLED.matcher(name);
      if (TOKEN.matcher(name).matches()) {
        learn("text_encoder", name, name);
      } else if (bundled.matches()) {
        learn(bundled.group("tensor").equals("clip_g") ? "text_encoder_2" : "text_encoder", bundled.group("token"),
            name);
      }
    }
    leaveOut();
  }

  private void learn(String component, String token, String name) {
    tokens.computeIfAbsent(component, c -> new LinkedHashMap<>())
        .put(token, TextualInversion.vectors(file.path(), name, file.tensor(name)));
    read.add(name);
  }

  /**
   * Diffusers once saved attention layers by older names than the others, and by the first name decides how it reads
   * them all: where that is of the newer kind, it leaves the older ones out. What was judged by its pictures must look
   * the same here.
   */
  private void leaveOut() {
    List<String> unet = file.names().stream().filter(name -> name.startsWith("unet.")).toList();
    if (!unet.isEmpty() && unet.getFirst().contains(".lora_A.")) {
      unet.stream().filter(name -> name.matches(".*(\\.lora\\.|_lora\\.|\\.lora_linear_layer\\.).*"))
          .forEach(leftOut::add);
    }
  }

  /**
   * Opens a file of updates, which the caller closes.
   *
   * @param path a file, or a folder as PEFT or diffusers write it
   * @throws WeightsException if the file is missing or malformed
   */
  public static LoraFile open(Path path) {
    String identity = identity(path); // before it is read: what it is then is at least as old
    WeightFile file = WeightFile.open(place(path));
    try {
      return new LoraFile(identity, file);
    } catch (WeightsException e) {
      file.close();
      throw e;
    }
  }

  /**
   * What tells the updates of a file or folder from others, and from what they were before, without reading them.
   *
   * @throws WeightsException if it is missing
   */
  public static String identity(Path path) {
    Path file = place(path);
    if (!Files.isRegularFile(file)) {
      throw new WeightsException(path + ": there is no such file");
    }
    try {
      Path settings = LoraFactors.beside(file);
      return FileIdentity.of(file) + (settings == null ? "" : "\n" + FileIdentity.of(settings));
    } catch (IOException e) {
      throw new WeightsException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /** {@link #identity(Path)} as it was when the file was opened. */
  public String identity() {
    return identity;
  }

  /**
   * Checks that the updates are those that were opened.
   *
   * @throws dev.langevin.tensor.ChangedFileException if the file was changed since it was opened
   */
  public void requireUnchanged() {
    file.requireUnchanged();
  }

  private static Path place(Path path) {
    return Files.isDirectory(path) ? inside(path) : path;
  }

  private static Path inside(Path folder) {
    return IN_FOLDER.stream().map(folder::resolve).filter(Files::isRegularFile).findFirst()
        .orElseThrow(() -> new WeightsException(folder + ": holds none of " + String.join(", ", IN_FOLDER)
            + "; give the file itself"));
  }

  /** Learned tokens and their embeddings (count, width) by component, which some files bring along. */
  public Map<String, Map<String, Tensor>> tokens() {
    return tokens;
  }

  /** Names of the tensors that diffusers does not read, and neither does this. */
  public List<String> leftOut() {
    return leftOut;
  }

  /** The updates under the usual policy, with nobody to tell. */
  Map<String, List<WeightUpdate>> updates(Map<String, NamedTensors> components) {
    return updates(components, new Findings(Policy.USUAL, warning -> {}));
  }

  /**
   * The updates by component, each with its place.
   *
   * @param components names of the tensors of each component that can be updated
   * @param findings told of what has no place or is not read
   * @throws WeightsException naming the keys, if none has a place or one has no counterpart
   */
  Map<String, List<WeightUpdate>> updates(Map<String, NamedTensors> components, Findings findings) {
    factors.check(findings);
    Map<String, LoraLayers> layers = new LinkedHashMap<>();
    components.forEach((component, weights) -> layers.put(component, new LoraLayers(weights.names())));
    Map<String, Map<String, Map<String, Tensor>>> found = new LinkedHashMap<>();
    List<String> unplaced = new ArrayList<>();
    for (String name : file.names()) {
      if (!read.contains(name) && !leftOut.contains(name) && !place(name, layers, found)) {
        unplaced.add(name);
      }
    }
    if (!unplaced.isEmpty()) {
      String told = file.origin() + ": " + unplaced.size() + " of " + file.names().size()
          + " tensors have no place in the model's " + components.keySet() + ": "
          + String.join(", ", unplaced.subList(0, Math.min(10, unplaced.size())))
          + (unplaced.size() > 10 ? ", ..." : "");
      if (found.isEmpty() && read.isEmpty()) {
        throw new WeightsException(told + "; is the LoRA for another kind of model?");
      }
      findings.leftover(told + "; they are left out");
    }
    Map<String, List<WeightUpdate>> updates = new LinkedHashMap<>();
    List<String> lost = new ArrayList<>();
    found.forEach((component, each) -> {
      List<WeightUpdate> list = updates.computeIfAbsent(component, c -> new ArrayList<>());
      each.forEach((layer, parts) -> list.addAll(LayerUpdates.of(file.origin(), component, layer,
          components.get(component), parts, factors, lost::add)));
    });
    if (!lost.isEmpty()) {
      findings.changes(
          lost.getFirst() + (lost.size() > 1 ? " (and " + (lost.size() - 1) + " more of the file's updates)" : ""));
    }
    return updates;
  }

  private boolean place(
      String name, Map<String, LoraLayers> layers, Map<String, Map<String, Map<String, Tensor>>> found) {
    LoraKey key =
        LoraKey.of(name, file.path().toString().endsWith(".text_encoder.pt") ? "text_encoder" : "unet");
    if (key == null) {
      return false;
    }
    Stream<String> likely = key.components().isEmpty() ? layers.keySet().stream()
        : key.components().stream().filter(layers::containsKey).limit(1);
    for (String component : likely.toList()) {
      String own = layers.get(component).find(key.layer(), present(component, key.layer()));
      if (own != null) {
        Tensor before = found.computeIfAbsent(component, c -> new LinkedHashMap<>())
            .computeIfAbsent(own, l -> new LinkedHashMap<>()).put(key.part(), file.tensor(name));
        if (before != null) {
          throw new WeightsException(
              file.origin() + ": '" + name
                  + "' is a second tensor of its layer, which has one by another name already");
        }
        return true;
      }
    }
    return false;
  }

  /** The names of attention processors were of their own before layers had their updates beside them. */
  private static String present(String component, String layer) {
    String present = layer.replace(".processor.", ".");
    if (component.startsWith("text_encoder")) {
      int last = present.lastIndexOf('.') + 1;
      return present.substring(0, last) + TEXT_RENAMED.getOrDefault(present.substring(last), present.substring(last));
    }
    return present.endsWith(".to_out") ? present + ".0" : present;
  }

  @Override
  public void close() {
    file.close();
  }
}
