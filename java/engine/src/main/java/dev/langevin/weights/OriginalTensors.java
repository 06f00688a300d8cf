package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The networks of a latent diffusion model under the original code's names, as they lie in one file. The other way of
 * what {@link SingleFileCheckpoint} does, by the same tables. Tensors live as long as the networks'.
 */
public final class OriginalTensors implements WeightFile {

  private record Source(NamedTensors weights, List<KeyTable.Target> targets) {}

  private final Path path;
  private final CheckpointFamily family;
  private final Map<String, String> metadata;
  private final Map<String, Source> sources = new LinkedHashMap<>();
  private final Map<String, Tensor> others;
  private final Set<String> names = new LinkedHashSet<>();

  /**
   * Finds the place of every tensor.
   *
   * @param path of the file that they are to make
   * @param components weights by diffusers' names of components and tensors: unet, vae, text_encoder, text_encoder_2
   * @param others tensors that no network has, by their names in the file
   * @param metadata of the file
   * @throws WeightsException naming tensors that have no place in the original naming
   */
  public OriginalTensors(Path path, CheckpointFamily family, Map<String, NamedTensors> components,
      Map<String, Tensor> others, Map<String, String> metadata) {
    this.path = path;
    this.others = others;
    this.family = family;
    this.metadata = metadata;
    components.forEach(this::add);
    names.addAll(sources.keySet());
    names.addAll(others.keySet());
  }

  /**
   * The layers of a U-Net by diffusers' names, and their names in the original code.
   *
   * @param unet weights by diffusers' names
   */
  public static Map<String, String> unetLayers(NamedTensors unet, CheckpointFamily family) {
    Map<String, String> layers = new LinkedHashMap<>();
    OriginalUNet.table(UNetLayout.ofDiffusers(new Section(unet, "")), family).forEach(
        (original, targets) -> layers.put(layer(targets.getFirst().name()), layer(original)));
    return layers;
  }

  private static String layer(String tensor) {
    return tensor.substring(0, tensor.lastIndexOf('.'));
  }

  private void add(String component, NamedTensors weights) {
    Section section = new Section(weights, "");
    KeyTable table;
    String prefix;
    switch (component) {
      case "unet" -> {
        prefix = OriginalUNet.PREFIX;
        table = OriginalUNet.table(UNetLayout.ofDiffusers(section), family);
      }
      case "vae" -> {
        prefix = SingleFileCheckpoint.VAE_PREFIX;
        table = OriginalVae.tableOfDiffusers(section);
      }
      default -> {
        OriginalTextEncoder.Place place = OriginalTextEncoder.Place.of(family, component);
        if (place == null) {
          throw new WeightsException(
              weights.origin() + ": a " + family.label() + " file has no place for a " + component);
        }
        prefix = place.prefix();
        table = OriginalTextEncoder.tableOfTransformers(section, place);
      }
    }
    Set<String> placed = new HashSet<>();
    table.forEach((original, targets) -> {
      long there = targets.stream().filter(target -> weights.has(target.name())).count();
      if (there == 0 || placed.contains(targets.getFirst().name())) {
        return; // a bias that the layer has not, or a second name for the same
      }
      if (there < targets.size()) {
        throw new WeightsException(weights.origin() + ": of the tensors that make '" + prefix + original + "', "
            + targets.stream().map(KeyTable.Target::name).filter(name -> !weights.has(name)).toList()
            + " are missing; was the model downloaded whole?");
      }
      targets.forEach(target -> placed.add(target.name()));
      sources.put(prefix + original, new Source(weights, targets));
    });
    List<String> unplaced = new ArrayList<>(weights.names());
    unplaced.removeAll(placed);
    if (!unplaced.isEmpty()) {
      throw new WeightsException(weights.origin() + ": " + unplaced.size() + " of " + weights.names().size()
          + " tensors have no place in a single file of " + family.label() + ", such as "
          + unplaced.subList(0, Math.min(10, unplaced.size())) + "; only the networks of Stable Diffusion 1, 2 and XL"
          + " have");
    }
  }

  @Override
  public Tensor tensor(String name) {
    if (others.containsKey(name)) {
      return others.get(name);
    }
    Source source = sources.get(name);
    if (source == null) {
      throw new WeightsException(path + ": there is no tensor '" + name + "'");
    }
    return KeyTable.inOriginalForm(
        source.targets.stream().map(target -> source.weights.tensor(target.name())).toList(), source.targets);
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(names);
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public String format() {
    return "safetensors";
  }

  @Override
  public Map<String, String> metadata() {
    return metadata;
  }

  /** The networks are their opener's. */
  @Override
  public void close() {}
}
