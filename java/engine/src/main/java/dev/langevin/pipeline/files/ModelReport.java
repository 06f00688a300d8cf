package dev.langevin.pipeline.files;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.NamedTensors;
import dev.langevin.weights.WeightsException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileVisitOption;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

/**
 * What a file or folder of weights is, and what is missing or broken, by names, shapes and configurations; no network
 * is run and, but where it is asked for, no weight is read.
 *
 * @param kind family and kind in words, such as {@code SD 1.x inpainting, diffusers folder}
 * @param format of the files of weights
 * @param bytes of the file, or of all files of the folder
 * @param components networks, by their names in a diffusers folder
 * @param tensors of the file, or of all networks of a folder, whose names then begin with the network's
 * @param facts what else is known, by name: the sampler, what is predicted, ranks
 * @param faults what is missing or broken, a sentence each
 */
public record ModelReport(
    String kind, String format, long bytes, List<Component> components, List<Entry> tensors, Map<String, String> facts,
    List<String> faults) {

  /** Characters of a text of a file that are shown. */
  private static final int SHOWN = 200;

  /**
   * A network.
   *
   * @param className by diffusers or transformers, or {@code ?} where nothing tells it
   * @param tensors how many; {@code parameters} how many numbers they hold
   * @param encodings how many tensors of each, by their names
   */
  public record Component(String name, String className, long tensors, long parameters,
      Map<String, Integer> encodings) {}

  /** A tensor, and how it is stored. */
  public record Entry(String name, String encoding, Shape shape) {}

  /** Copies its lists. */
  public ModelReport {
    components = List.copyOf(components);
    tensors = List.copyOf(tensors);
    faults = List.copyOf(faults);
  }

  /**
   * Looks at a file of weights, a folder of one network, a diffusers folder, or an upscaling network of TensorFlow.js.
   *
   * @param originalConfig the YAML file of a single file in the original naming, or null for the one beside it, if any
   * @param values whether all weights are read too, to find those that are NaN or infinite
   * @throws dev.langevin.weights.WeightsException if there is nothing at that place, or a file cannot be read as
   *   weights at all
   */
  public static ModelReport of(Path path, Path originalConfig, boolean values) {
    if (Files.isRegularFile(path.resolve("model.json"))) { // of TensorFlow.js
      return UpscalerInspection.report(path, values).orElseThrow(() -> new WeightsException(
          path + ": is a folder of TensorFlow.js, but of no network known here"));
    }
    return Files.isDirectory(path)
        ? new FolderInspection(path, values).report()
        : FileInspection.report(path, originalConfig, values);
  }

  static Component component(String name, String className, NamedTensors weights) {
    long parameters = 0;
    Map<String, Integer> encodings = new TreeMap<>();
    for (String tensorName : weights.names()) {
      Tensor tensor = weights.tensor(tensorName);
      parameters += tensor.shape().elements();
      encodings.merge(tensor.encoding().name(), 1, Integer::sum);
    }
    return new Component(name, className, weights.names().size(), parameters, encodings);
  }

  /** The free text of a file as facts, each under its key. */
  static void metadata(String prefix, Map<String, String> metadata, Map<String, String> facts) {
    new TreeMap<>(metadata).forEach((key, value) -> {
      if (!key.equals("format")) {
        facts.put("metadata " + prefix + key, value.length() <= SHOWN ? value
            : value.substring(0, SHOWN) + "... (" + value.length() + " characters)");
      }
    });
  }

  static List<Entry> entries(String prefix, NamedTensors weights) {
    List<Entry> entries = new ArrayList<>();
    for (String name : weights.names()) {
      Tensor tensor = weights.tensor(name);
      entries.add(new Entry(prefix + name, tensor.encoding().name(), tensor.shape()));
    }
    return entries;
  }

  /** The weights that are NaN or infinite, as a fault. */
  static void checkValues(NamedTensors weights, List<String> faults) {
    List<String> notFinite = weights.notFinite();
    if (!notFinite.isEmpty()) {
      faults.add(weights.origin() + ": " + notFinite.size() + " tensors hold NaN or infinite values, such as "
          + notFinite.subList(0, Math.min(10, notFinite.size())));
    }
    weights.unload();
  }

  static long bytes(Path path) {
    try (Stream<Path> files = Files.walk(path, FileVisitOption.FOLLOW_LINKS)) {
      return files.filter(Files::isRegularFile).mapToLong(file -> file.toFile().length()).sum();
    } catch (IOException e) {
      throw new UncheckedIOException(path + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
