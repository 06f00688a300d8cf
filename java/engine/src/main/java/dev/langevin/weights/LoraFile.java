package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Low-rank updates of a model's layers (Hu et al., arXiv:2106.09685): W + alpha / rank * up x down. Reads the names of diffusers, old
 * and new, of kohya's scripts, convolutions and SDXL's original names included, and of cloneofsimo's, whose files also hold learned
 * tokens. Owned by whoever opened it.
 */
public final class LoraFile implements AutoCloseable {

  /**
   * The update of a layer.
   *
   * @param weight name of the tensor that is updated
   * @param down (R, I) or (R, I, KH, KW), and {@code up} (O, R) or (O, R, 1, 1)
   * @param middle (R, R, KH, KW) between them, or null
   * @param alpha divided by R it is the update's factor
   */
  record Update(String weight, Tensor down, Tensor up, Tensor middle, double alpha) {}

  /** Layer and part in every notation. */
  private static final Pattern KEY = Pattern.compile("(.+?)(?:"
      + "\\.lora_(?<peft>[AB])(?:\\.default)?\\.weight"
      + "|(?:\\.lora|\\.lora_linear_layer|_lora)\\.(?<diffusers>down|up)\\.weight"
      + "|\\.lora_(?<kohya>down|up|mid)\\.weight"
      + "|:(?<numbered>down|up)"
      + "|\\.(?<alpha>alpha)|:(?<alphaNumbered>alpha))");

  private static final Pattern PREFIX = Pattern.compile("lora_(unet|te1|te2|te)_(.*)|(unet|text_encoder_2|text_encoder)[.:](.*)");

  private static final Pattern TOKEN = Pattern.compile("<.*>");

  private final WeightFile file;
  private final Map<String, Tensor> tokens = new LinkedHashMap<>();
  private final List<String> leftOut = new ArrayList<>();

  private LoraFile(WeightFile file) {
    this.file = file;
    for (String name : file.names()) {
      if (TOKEN.matcher(name).matches()) {
        tokens.put(name, file.tensor(name));
      }
    }
    leaveOut();
  }

  /**
   * Diffusers once saved attention layers by older names than the others, and by the first name decides how it reads them all: where
   * that is of the newer kind, it leaves the older ones out. What was judged by its pictures must look the same here.
   */
  private void leaveOut() {
    List<String> unet = file.names().stream().filter(name -> name.startsWith("unet.")).toList();
    if (!unet.isEmpty() && unet.getFirst().contains(".lora_A.")) {
      unet.stream().filter(name -> !name.contains(".lora_A.") && !name.contains(".lora_B.") && !name.endsWith(".alpha"))
          .forEach(leftOut::add);
    }
  }

  /** @throws WeightsException if the file is missing or malformed */
  public static LoraFile open(Path path) {
    return new LoraFile(WeightFile.open(path));
  }

  /** Learned tokens and their embeddings (width), which cloneofsimo's files bring along; empty for others. */
  public Map<String, Tensor> tokens() {
    return tokens;
  }

  /** Names of the tensors that diffusers does not read, and neither does this. */
  public List<String> leftOut() {
    return leftOut;
  }

  /** A layer's parts as they are found one by one. */
  private static final class Parts {
    Tensor down;
    Tensor up;
    Tensor middle;
    Double alpha;
  }

  /**
   * The updates by component, each with its place.
   *
   * @param components names of the tensors of each component that can be updated
   * @throws WeightsException naming the keys that have no place or no counterpart
   */
  Map<String, List<Update>> updates(Map<String, NamedTensors> components) {
    Map<String, LoraLayers> layers = new LinkedHashMap<>();
    components.forEach((component, weights) -> layers.put(component, new LoraLayers(weights.names())));
    Map<String, Map<String, Parts>> found = new LinkedHashMap<>();
    List<String> unplaced = new ArrayList<>();
    for (String name : file.names()) {
      if (!tokens.containsKey(name) && !leftOut.contains(name) && !place(name, layers, found)) {
        unplaced.add(name);
      }
    }
    if (!unplaced.isEmpty()) {
      throw new WeightsException(file.origin() + ": " + unplaced.size() + " of " + file.names().size()
          + " tensors have no place in the model's " + components.keySet() + ": "
          + String.join(", ", unplaced.subList(0, Math.min(10, unplaced.size()))) + (unplaced.size() > 10 ? ", ..." : "")
          + "; is the LoRA for another kind of model?");
    }
    Map<String, List<Update>> updates = new LinkedHashMap<>();
    found.forEach((component, each) -> {
      List<Update> list = updates.computeIfAbsent(component, c -> new ArrayList<>());
      each.forEach((layer, parts) -> {
        if (parts.down == null || parts.up == null) {
          throw new WeightsException(file.origin() + ": the update of " + component + " " + layer + " has no "
              + (parts.down == null ? "down" : "up") + " matrix; was the file downloaded whole?");
        }
        double alpha = parts.alpha != null ? parts.alpha : parts.down.shape().dim(0);
        list.add(checked(components.get(component), new Update(layer + ".weight", parts.down, parts.up, parts.middle, alpha)));
      });
    });
    return updates;
  }

  private boolean place(String name, Map<String, LoraLayers> layers, Map<String, Map<String, Parts>> found) {
    Matcher key = KEY.matcher(name);
    if (!key.matches()) {
      return false;
    }
    String component = "unet";
    String layer = key.group(1);
    Matcher prefix = PREFIX.matcher(layer);
    if (prefix.matches()) {
      component = prefix.group(1) == null ? prefix.group(3) : switch (prefix.group(1)) {
        case "unet" -> "unet";
        case "te2" -> "text_encoder_2";
        default -> "text_encoder";
      };
      layer = prefix.group(1) == null ? prefix.group(4) : prefix.group(2);
    }
    LoraLayers known = layers.get(component);
    String own = known == null ? null : layer.matches("\\d{1,6}") ? known.find(Integer.parseInt(layer)) : known.find(present(layer));
    if (own == null) {
      return false;
    }
    Parts parts = found.computeIfAbsent(component, c -> new LinkedHashMap<>()).computeIfAbsent(own, l -> new Parts());
    String part = first(key.group("peft"), key.group("diffusers"), key.group("kohya"), key.group("numbered"), key.group("alpha"),
        key.group("alphaNumbered"));
    Tensor tensor = file.tensor(name);
    switch (part) {
      case "A", "down" -> parts.down = tensor;
      case "B", "up" -> parts.up = tensor;
      case "mid" -> parts.middle = tensor;
      default -> parts.alpha = tensor.toDoubles()[0];
    }
    return true;
  }

  private static String first(String... groups) {
    for (String group : groups) {
      if (group != null) {
        return group;
      }
    }
    throw new AssertionError();
  }

  /** The names of attention processors were of their own before layers had their updates beside them. */
  private static String present(String layer) {
    String present = layer.replace(".processor.", ".");
    return present.endsWith(".to_out") ? present + ".0" : present;
  }

  private Update checked(NamedTensors weights, Update update) {
    long[] weight = weights.tensor(update.weight).shape().dims();
    long inner = weights.tensor(update.weight).shape().elements() / weight[0];
    long rank = update.down.shape().dim(0);
    boolean fits = update.up.shape().dim(0) == weight[0] && update.up.shape().elements() == weight[0] * rank
        && (update.middle == null
            ? update.down.shape().elements() == rank * inner
            : update.down.shape().elements() == rank * weight[1] && update.middle.shape().elements() == rank * rank * inner / weight[1]);
    if (!fits || rank == 0) {
      throw new WeightsException(file.origin() + ": the update of " + update.weight + " is " + update.up.shape() + " x "
          + update.down.shape() + ", the layer " + weights.tensor(update.weight).shape() + "; is the LoRA for another kind of model?");
    }
    return update;
  }

  @Override
  public void close() {
    file.close();
  }
}
