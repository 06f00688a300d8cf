package dev.langevin.weights;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * An upscaling network's file: a safetensors file, a torch checkpoint or a folder of TensorFlow.js. Weights of ESRGAN's
 * networks have the names of BasicSR's present code here, whatever they were published under.
 */
public final class UpscalerFile implements NamedTensors, AutoCloseable {

  /** What networks are known. */
  public enum Kind {
    /** Residual-in-residual dense blocks. */
    RRDB,
    /** Real-ESRGAN's compact network. */
    COMPACT,
    /** UpscalerJS's small networks. */
    SLIM
  }

  /** Where weights lie that were saved with their averages: the averages are the ones to use. */
  private static final List<String> GROUPS = List.of("params_ema.", "params.");

  private static final List<Map.Entry<Pattern, String>> MIDDLE = List.of(
      Map.entry(Pattern.compile("RRDB_trunk\\.(\\d+)\\.RDB([123])\\.(conv[1-5]\\..+)"), "body.$1.rdb$2.$3"),
      Map.entry(Pattern.compile("trunk_conv\\.(.+)"), "conv_body.$1"),
      Map.entry(Pattern.compile("upconv(\\d)\\.(.+)"), "conv_up$1.$2"),
      Map.entry(Pattern.compile("HRconv\\.(.+)"), "conv_hr.$1"));

  private static final Pattern OLDEST = Pattern.compile("model\\.(\\d+)\\.(weight|bias)");
  private static final Pattern OLDEST_BLOCK =
      Pattern.compile("model\\.1\\.sub\\.(\\d+)\\.RDB([123])\\.(conv[1-5])\\.0\\.(weight|bias)");
  private static final Pattern OLDEST_TRUNK = Pattern.compile("model\\.1\\.sub\\.\\d+\\.(weight|bias)");

  private final WeightFile file;
  private final Kind kind;
  private final Map<String, String> stored = new LinkedHashMap<>(); // by the present name

  private UpscalerFile(WeightFile file) {
    this.file = file;
    String group = GROUPS.stream().filter(each -> file.names().stream().anyMatch(name -> name.startsWith(each)))
        .findFirst().orElse("");
    List<String> names =
        file.names().stream().filter(name -> name.startsWith(group)).map(name -> name.substring(group.length()))
            .toList();
    if (names.contains("model.0.weight")) {
      kind = Kind.RRDB;
      oldest(group, names);
    } else {
      for (String name : names) {
        add(middle(name), group + name);
      }
      kind = has("conv_first.weight") ? Kind.RRDB : has("F_m1.weight") ? Kind.SLIM
          : has("body.0.weight") ? Kind.COMPACT : null;
    }
    if (kind == null) {
      throw new WeightsException(file.path() + ": is no network that makes pictures larger, as far as is known here:"
          + " ESRGAN's and Real-ESRGAN's with dense blocks, Real-ESRGAN's compact one and UpscalerJS's small ones"
          + (names.isEmpty() ? "; it holds no weights" : "; its weights begin with " + names.getFirst()));
    }
  }

  /**
   * Opens a file and recognises the network. The caller closes it.
   *
   * @throws WeightsException if it is missing, malformed, or of no known network
   */
  public static UpscalerFile open(Path path) {
    if (!Files.exists(path)) {
      throw new WeightsException(path + ": there is no such file");
    }
    boolean tfjs = Files.isDirectory(path) || path.toString().endsWith(".json");
    WeightFile file = tfjs ? TfjsFile.open(path) : WeightFile.open(path);
    try {
      return new UpscalerFile(file);
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  /** A name of the years between: by ESRGAN's own first repository. */
  private static String middle(String name) {
    for (Map.Entry<Pattern, String> rule : MIDDLE) {
      Matcher matcher = rule.getKey().matcher(name);
      if (matcher.matches()) {
        return matcher.replaceFirst(rule.getValue());
      }
    }
    return name;
  }

  /** The oldest names count the layers of the whole network, those without weights too. */
  private void oldest(String group, List<String> names) {
    List<Integer> layers = names.stream().map(OLDEST::matcher).filter(Matcher::matches)
        .map(matcher -> Integer.parseInt(matcher.group(1))).distinct().sorted().toList();
    for (String name : names) {
      Matcher block = OLDEST_BLOCK.matcher(name);
      Matcher layer = OLDEST.matcher(name);
      if (block.matches()) {
        add(block.replaceFirst("body.$1.rdb$2.$3.$4"), group + name);
      } else if (OLDEST_TRUNK.matcher(name).matches()) {
        add("conv_body" + name.substring(name.lastIndexOf('.')), group + name);
      } else if (layer.matches()) {
        int at = layers.indexOf(Integer.parseInt(layer.group(1)));
        String present = at == 0 ? "conv_first" : at == layers.size() - 1 ? "conv_last"
            : at == layers.size() - 2 ? "conv_hr" : "conv_up" + at;
        add(present + "." + layer.group(2), group + name);
      } else {
        add(name, group + name);
      }
    }
  }

  private void add(String present, String original) {
    String before = stored.put(present, original);
    if (before != null) {
      throw new WeightsException(
          file.path() + ": '" + before + "' and '" + original + "' are both the network's " + present);
    }
  }

  /** Which of the known networks it is. */
  public Kind kind() {
    return kind;
  }

  /** How the file is written, for people. */
  public String format() {
    return file.format();
  }

  /** Shape of every weight. */
  public Map<String, Shape> shapes() {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    stored.forEach((present, original) -> shapes.put(present, file.tensor(original).shape()));
    return shapes;
  }

  @Override
  public String origin() {
    return file.path().toString();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(stored.keySet());
  }

  @Override
  public Tensor tensor(String name) {
    if (!stored.containsKey(name)) {
      throw new WeightsException(origin() + ": there is no tensor '" + name + "'; was the file downloaded whole?");
    }
    return file.tensor(stored.get(name));
  }

  @Override
  public void unload() {
    file.unload();
  }

  @Override
  public void requireUnchanged() {
    file.requireUnchanged();
  }

  @Override
  public void close() {
    file.close();
  }
}
