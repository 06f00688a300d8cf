package dev.langevin.weights;

import dev.langevin.tensor.DType;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.io.IOException;
import java.io.InputStream;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * A TensorFlow.js layers model: {@code model.json}, which lists the weights, and files of their f32 numbers one after
 * another. {@code NAME/kernel} of a convolution is {@code NAME.weight} here, its axes in the order of torch, and
 * {@code NAME/bias} is {@code NAME.bias}. Read whole, as such models are small.
 */
public final class TfjsFile implements WeightFile {

  /** Larger models are no upscalers. */
  private static final long MOST_BYTES = 256L << 20;

  private static final ValueLayout.OfFloat FLOAT =
      ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  private TfjsFile(Path path) {
    this.path = path;
  }

  /**
   * Reads a model.
   *
   * @param path the folder, or its {@code model.json}
   * @throws WeightsException if a file is missing or malformed, or the weights are quantised
   */
  public static TfjsFile open(Path path) {
    Path json = Files.isDirectory(path) ? path.resolve("model.json") : path;
    TfjsFile file = new TfjsFile(json);
    if (!(ModelFolder.json(json).get("weightsManifest") instanceof List<?> groups)) {
      throw new WeightsException(json + ": has no weightsManifest; is it a TensorFlow.js layers model?");
    }
    long left = MOST_BYTES;
    for (Object group : groups) {
      left = file.read(group, left);
    }
    return file;
  }

  private long read(Object group, long left) {
    if (!(group instanceof Map<?, ?> map) || !(map.get("paths") instanceof List<?> paths)
        || !(map.get("weights") instanceof List<?> weights)) {
      throw new WeightsException(path + ": weightsManifest holds " + group + ", must hold paths and weights");
    }
    byte[] bytes = bytes(paths, left);
    MemorySegment all = MemorySegment.ofArray(bytes);
    long at = 0;
    for (Object entry : weights) {
      at += add(entry, all, at);
    }
    if (at != bytes.length) {
      throw new WeightsException(path + ": its files " + paths + " hold " + bytes.length + " bytes, its weights take "
          + at + "; download them again");
    }
    return left - bytes.length;
  }

  private byte[] bytes(List<?> paths, long left) {
    byte[] all = new byte[0];
    for (Object name : paths) {
      Path file = path.resolveSibling(String.valueOf(name)).normalize();
      if (!String.valueOf(name).equals(String.valueOf(file.getFileName()))) {
        throw new WeightsException(path + ": names the file '" + name + "', which does not lie beside it");
      }
      try (InputStream in = Files.newInputStream(file)) {
        byte[] part = in.readNBytes((int) Math.min(left - all.length + 1, Integer.MAX_VALUE - 8));
        byte[] joined = java.util.Arrays.copyOf(all, all.length + part.length);
        System.arraycopy(part, 0, joined, all.length, part.length);
        all = joined;
      } catch (IOException e) {
        throw new WeightsException(file + ": cannot be read: " + e, e);
      }
      if (all.length > left) {
        throw new WeightsException(path + ": has more than " + MOST_BYTES + " bytes of weights, as no upscaler has");
      }
    }
    return all;
  }

  /** Takes a weight in and tells its bytes. */
  private long add(Object entry, MemorySegment all, long at) {
    if (!(entry instanceof Map<?, ?> map) || !(map.get("name") instanceof String name)
        || !(map.get("shape") instanceof List<?> extents) || !"float32".equals(map.get("dtype"))
        || map.containsKey("quantization")) {
      throw new WeightsException(
          path + ": holds the weight " + entry + ", must have a name, a shape and plain float32");
    }
    long[] dims = extents.stream().mapToLong(each -> each instanceof Integer extent && extent > 0 ? extent : -1)
        .toArray();
    long elements = 1;
    for (long dim : dims) {
      elements = dim < 1 || elements > all.byteSize() / dim ? Long.MAX_VALUE / 8 : elements * dim;
    }
    if (4 * elements > all.byteSize() - at) {
      throw new WeightsException(path + ": the weight '" + name + "' of shape " + extents
          + " is not within its file; download it again");
    }
    boolean kernel = name.endsWith("/kernel") && dims.length == 4;
    Shape shape = kernel ? Shape.of(dims[3], dims[2], dims[0], dims[1]) : Shape.of(dims);
    Tensor tensor = Tensor.allocate(DType.F32, shape);
    long from = kernel ? dims[2] * dims[3] : 1; // between the points of a kernel (KH, KW, IC, OC)
    long points = kernel ? dims[0] * dims[1] : elements;
    for (long i = 0; i < elements; i++) {
      long source = kernel ? i % points * from + i / points % dims[2] * dims[3] + i / points / dims[2] : i;
      tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, all.get(FLOAT, at + 4 * source));
    }
    String own = name.replaceFirst("/kernel$", ".weight").replaceFirst("/bias$", ".bias");
    if (tensors.put(own, tensor) != null) {
      throw new WeightsException(path + ": two weights have the name '" + name + "'");
    }
    return 4 * elements;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public String format() {
    return "TensorFlow.js layers model";
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  @Override
  public Tensor tensor(String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new WeightsException(path + ": there is no tensor '" + name + "'");
    }
    return tensor;
  }

  @Override
  public void close() {}
}
