package dev.langevin.weights;

import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * A picture as a prompt (IP-Adapter, arXiv:2308.06721): the projection of a picture's embedding to tokens, and keys and
 * values for each attention. Only the first kind, which projects one embedding by a linear layer. Owned by whoever
 * opened it.
 */
public final class IpAdapterFile implements AutoCloseable {

  private static final String PROJECTION = "image_proj.proj.weight";

  private final WeightFile file;
  private volatile Map<String, Shape> checked = Map.of();

  private IpAdapterFile(WeightFile file) {
    this.file = file;
  }

  /**
   * Opens an adapter, which the caller closes.
   *
   * @throws WeightsException if the file is missing, malformed or of another kind
   */
  public static IpAdapterFile open(Path path) {
    WeightFile file = WeightFile.open(path);
    if (!file.has(PROJECTION) || file.tensor(PROJECTION).shape().rank() != 2) {
      file.close();
      throw new WeightsException(path + ": has no matrix " + PROJECTION
          + "; it is no IP-Adapter, or one of another kind (Plus, FaceID), which is not supported");
    }
    return new IpAdapterFile(file);
  }

  /** Width of the picture's embedding. */
  public int embedding() {
    return file.tensor(PROJECTION).shape().intDim(1);
  }

  /**
   * Tokens that a picture makes.
   *
   * @param contextDim width of a token in the U-Net
   */
  public int tokens(int contextDim) {
    int width = file.tensor(PROJECTION).shape().intDim(0);
    if (width % contextDim != 0) {
      throw new WeightsException(
          file.origin() + ": projects to " + width + " channels, the U-Net reads tokens of " + contextDim
              + "; is it for another kind of model?");
    }
    return width / contextDim;
  }

  /**
   * A U-Net's weights with these beside them.
   *
   * @param expected of the network with a picture as a prompt
   * @throws WeightsException if this file does not hold what that network reads beside {@code unet}, or not as finite
   *   values
   */
  public NamedTensors beside(NamedTensors unet, Map<String, Shape> expected) {
    Map<String, Shape> own = new TreeMap<>(expected);
    own.keySet().removeAll(unet.names());
    if (!own.equals(checked)) { // reads all of it
      requireFit(own);
    }
    return new NamedTensors() {
      @Override
      public String origin() {
        return unet.origin();
      }

      @Override
      public Set<String> names() {
        Set<String> all = new LinkedHashSet<>(unet.names());
        all.addAll(file.names());
        return all;
      }

      @Override
      public Tensor tensor(String name) {
        return own.containsKey(name) ? file.tensor(name) : unet.tensor(name);
      }

      @Override
      public void unload() {
        unet.unload();
        file.unload();
      }

      @Override
      public void requireUnchanged() {
        unet.requireUnchanged();
        file.requireUnchanged();
      }
    };
  }

  private void requireFit(Map<String, Shape> own) {
    file.requireFit(own);
    if (!file.notFinite().isEmpty()) {
      throw new WeightsException(
          file.origin() + ": tensors hold NaN or infinite values: " + file.notFinite() + "; download the file again");
    }
    checked = own;
  }

  @Override
  public void close() {
    file.close();
  }
}
