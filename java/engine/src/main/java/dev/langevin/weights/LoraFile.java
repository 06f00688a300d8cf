package dev.langevin.weights;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Low-rank updates of a model's layers (Hu et al., arXiv:2106.09685): W + alpha / rank * up x down. Reads the names of
 * diffusers, old and new, of kohya's scripts, convolutions and SDXL's original names included, and of cloneofsimo's:
 * safetensors, which also hold learned tokens, and {@code .pt} lists. Owned by whoever opened it.
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
  record Update(String weight, Tensor down, Tensor up, Tensor middle, double alpha) {
    boolean isFinite() {
      return down.isFinite() && up.isFinite() && (middle == null || middle.isFinite());
    }
  }

  /** Layer and part in every notation. */
  private static final Pattern KEY = Pattern.compile("(.+?)(?:"
      + "\\.lora_(?<peft>[AB])(?:\\.default)?\\.weight"
      + "|(?:\\.lora|\\.lora_linear_layer|_lora)\\.(?<diffusers>down|up)\\.weight"
      + "|\\.lora_(?<kohya>down|up|mid)\\.weight"
      + "|:(?<numbered>down|up)"
      + "|\\.(?<alpha>alpha)|:(?<alphaNumbered>alpha))");

  private static final Pattern PREFIX =
      Pattern.compile("lora_(unet|te1|te2|te)_(.*)|(unet|text_encoder_2|text_encoder)[.:](.*)");

  private static final Pattern TOKEN = Pattern.compile("<.*>");

  private static final Pattern NUMBER = Pattern.compile("\\d{1,6}");

  /** Layers of a text encoder by the names that diffusers had for them until version 0.17. */
  private static final Map<String, String> TEXT_RENAMED =
      Map.of("to_q", "q_proj", "to_k", "k_proj", "to_v", "v_proj", "to_out", "out_proj");

  /** Names of updates that are no plain low-rank ones. */
  private static final Pattern OTHER_KIND =
      Pattern.compile(".*(dora_scale|lora_magnitude_vector.*|hada_.*|lokr_.*|oft_.*|\\.diff|\\.diff_b)");

  private final WeightFile file;
  private final LoraFactors factors;
  private final Map<String, Tensor> tokens = new LinkedHashMap<>();
  private final List<String> leftOut = new ArrayList<>();

  private LoraFile(WeightFile file) {
    this.file = file;
    this.factors = LoraFactors.of(file);
    for (String name : file.names()) {
      if (TOKEN.matcher(name).matches()) {
        tokens.put(name, file.tensor(name));
      }
    }
    leaveOut();
  }

  /**
   * Diffusers once saved attention layers by older names than the others, and by the first name decides how it reads
   * them all: where that is of the newer kind, it leaves the older ones out. What was judged by its pictures must look
   * the same here.
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
    WeightFile file = WeightFile.open(path);
    try {
      return new LoraFile(file);
    } catch (WeightsException e) {
      file.close();
      throw e;
    }
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
    Tensor alpha;
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
          + String.join(", ", unplaced.subList(0, Math.min(10, unplaced.size())))
          + (unplaced.size() > 10 ? ", ..." : "")
          + (unplaced.stream().anyMatch(name -> OTHER_KIND.matcher(name).matches())
              ? "; its updates are LyCORIS's, DoRA's or whole differences, which are not supported"
              : "; is the LoRA for another kind of model?"));
    }
    Map<String, List<Update>> updates = new LinkedHashMap<>();
    found.forEach((component, each) -> {
      List<Update> list = updates.computeIfAbsent(component, c -> new ArrayList<>());
      each.forEach((layer, parts) -> {
        if (parts.down == null || parts.up == null) {
          throw new WeightsException(file.origin() + ": the update of " + component + " " + layer + " has no "
              + (parts.down == null ? "down" : "up") + " matrix; was the file downloaded whole?");
        }
        list.add(update(component, components.get(component), layer, parts));
      });
    });
    return updates;
  }

  private boolean place(String name, Map<String, LoraLayers> layers, Map<String, Map<String, Parts>> found) {
    Matcher key = KEY.matcher(name);
    String component = "unet";
    String layer;
    String part;
    if (NUMBER.matcher(name).matches()) { // a list of up and down in turn, one file a component
      component = file.path().toString().endsWith(".text_encoder.pt") ? "text_encoder" : "unet";
      layer = String.valueOf(Integer.parseInt(name) / 2);
      part = Integer.parseInt(name) % 2 == 0 ? "up" : "down";
    } else if (key.matches()) {
      layer = key.group(1);
      part = first(key.group("peft"), key.group("diffusers"), key.group("kohya"), key.group("numbered"),
          key.group("alpha"),
          key.group("alphaNumbered"));
    } else {
      return false;
    }
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
    String own = known == null ? null
        : NUMBER.matcher(layer).matches() ? known.find(Integer.parseInt(layer)) : known.find(present(component, layer));
    if (own == null) {
      return false;
    }
    Parts parts = found.computeIfAbsent(component, c -> new LinkedHashMap<>()).computeIfAbsent(own, l -> new Parts());
    Tensor tensor = file.tensor(name);
    switch (part) {
      case "A", "down" -> parts.down = once(name, parts.down, tensor);
      case "B", "up" -> parts.up = once(name, parts.up, tensor);
      case "mid" -> parts.middle = once(name, parts.middle, tensor);
      default -> parts.alpha = once(name, parts.alpha, tensor);
    }
    return true;
  }

  private Tensor once(String name, Tensor before, Tensor tensor) {
    if (before != null) {
      throw new WeightsException(
          file.origin() + ": '" + name + "' is a second tensor of its layer, which has one by another name already");
    }
    return tensor;
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
  private static String present(String component, String layer) {
    String present = layer.replace(".processor.", ".");
    if (component.startsWith("text_encoder")) {
      int last = present.lastIndexOf('.') + 1;
      return present.substring(0, last) + TEXT_RENAMED.getOrDefault(present.substring(last), present.substring(last));
    }
    return present.endsWith(".to_out") ? present + ".0" : present;
  }

  private Update update(String component, NamedTensors weights, String layer, Parts parts) {
    Shape weight = weights.tensor(layer + ".weight").shape();
    if (!fits(weight, parts)) {
      throw new WeightsException(file.origin() + ": the update of " + layer + ".weight is " + of(parts.up) + " x "
          + (parts.middle == null ? "" : of(parts.middle) + " x ") + of(parts.down) + ", the layer " + weight
          + "; is the LoRA for another kind of model?");
    }
    double alpha;
    if (parts.alpha == null) {
      alpha = factors.alpha(component, layer, parts.down.shape().dim(0));
    } else if (parts.alpha.shape().elements() == 1 && Double.isFinite(parts.alpha.toDoubles()[0])) {
      alpha = parts.alpha.toDoubles()[0];
    } else {
      throw new WeightsException(
          file.origin() + ": alpha of " + layer + " is " + of(parts.alpha) + ", must be one finite number");
    }
    return new Update(layer + ".weight", parts.down, parts.up, parts.middle, alpha);
  }

  private static String of(Tensor tensor) {
    return (tensor.encoding().isFloatingPoint() ? "" : tensor.encoding().name()) + tensor.shape().toString();
  }

  /** A convolution's update may lie as a matrix, and the other way round. */
  private static boolean fits(Shape weight, Parts parts) {
    if (weight.rank() < 2 || !isMatrix(parts.down) || !isMatrix(parts.up)
        || parts.middle != null && !isMatrix(parts.middle)) {
      return false;
    }
    long rank = parts.down.shape().dim(0);
    long inner = weight.elements() / weight.dim(0);
    long kernel = inner / weight.dim(1);
    return parts.up.shape().dim(0) == weight.dim(0) && parts.up.shape().elements() == weight.dim(0) * rank
        && (parts.middle == null
            ? parts.down.shape().elements() == rank * inner
            : parts.down.shape().elements() == rank * weight.dim(1)
                && parts.middle.shape().elements() == rank * rank * kernel);
  }

  private static boolean isMatrix(Tensor tensor) {
    return tensor.encoding().isFloatingPoint() && tensor.shape().rank() >= 2 && tensor.shape().elements() > 0;
  }

  @Override
  public void close() {
    file.close();
  }
}
