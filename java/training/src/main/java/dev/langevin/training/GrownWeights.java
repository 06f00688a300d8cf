package dev.langevin.training;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.tensor.TensorSource;
import dev.langevin.weights.NamedTensors;
import java.util.Map;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A base's weights for a network that is larger: a tensor that the base has by the same name and shape is taken over,
 * any other begins as a new one. A U-Net's blocks of the way up are counted from the outside, as those of the way down,
 * so that one with more levels inside keeps both ways of the levels that the base has.
 */
final class GrownWeights implements TensorSource {

  private static final Pattern UP = Pattern.compile("up_blocks\\.(\\d+)\\.(.*)");

  private final NamedTensors base;
  private final TensorSource others;
  private final String prefix;
  private final int levels; // more than the base has
  private final Map<String, Shape> shapes;

  /**
   * @param base of one network
   * @param shapes of the larger one's weights, by names with the prefix
   * @param prefix of that network, such as {@code unet.}
   * @param others gives what the base lacks, by names with the prefix
   * @param told how many tensors are taken over
   */
  GrownWeights(NamedTensors base, Map<String, Shape> shapes, String prefix, TensorSource others,
      Consumer<String> told) {
    this.base = base;
    this.others = others;
    this.prefix = prefix;
    this.shapes = shapes;
    levels = upBlocks(shapes.keySet(), prefix.length()) - upBlocks(base.names(), 0);
    long all = shapes.keySet().stream().filter(name -> name.startsWith(prefix)).count();
    long taken = shapes.keySet().stream().filter(name -> name.startsWith(prefix))
        .filter(name -> taken(name.substring(prefix.length())) != null).count();
    told.accept(taken + " of " + all + " tensors of " + prefix.replaceFirst("\\.$", "") + " are those of init");
    base.unload();
  }

  private static int upBlocks(Iterable<String> names, int from) {
    int most = 0;
    for (String name : names) {
      Matcher up = UP.matcher(name.substring(Math.min(from, name.length())));
      most = up.matches() ? Math.max(most, Integer.parseInt(up.group(1)) + 1) : most;
    }
    return most;
  }

  /** @param name without the prefix */
  @Override
  public Tensor tensor(String name) {
    Tensor taken = taken(name);
    return taken == null ? others.tensor(prefix + name) : taken;
  }

  private Tensor taken(String name) {
    Matcher up = UP.matcher(name);
    String of = up.matches() ? "up_blocks." + (Integer.parseInt(up.group(1)) - levels) + "." + up.group(2) : name;
    if (!base.has(of)) {
      return null;
    }
    Tensor tensor = base.tensor(of);
    return tensor.shape().equals(shapes.get(prefix + name)) ? tensor : null;
  }

  @Override
  public void unload() {
    base.unload();
  }

  @Override
  public void requireUnchanged() {
    base.requireUnchanged();
  }
}
