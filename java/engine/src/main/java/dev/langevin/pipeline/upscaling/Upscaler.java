package dev.langevin.pipeline.upscaling;

import dev.langevin.backend.Backend;
import dev.langevin.image.DecodedImage;
import dev.langevin.image.Resampling;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.stages.LatentCodec;
import dev.langevin.plan.PlanSize;
import dev.langevin.plan.PlannedOp;
import dev.langevin.tensor.Tensor;
import java.awt.image.BufferedImage;
import java.nio.file.Path;
import java.util.List;

/**
 * Makes pictures larger by an ESRGAN network, a compact one of Real-ESRGAN's or a small one of UpscalerJS's. Owned by
 * whoever opened it; any thread may ask.
 */
public final class Upscaler implements AutoCloseable {

  private final Backend backend;
  private final UpscalingNetwork network;

  private Upscaler(Backend backend, UpscalingNetwork network) {
    this.backend = backend;
    this.network = network;
  }

  /**
   * Opens a network's file: safetensors, a torch checkpoint or a folder of TensorFlow.js.
   *
   * @param backend {@code onednn} or {@code reference}
   * @throws dev.langevin.weights.WeightsException if it is missing, malformed or of no known network
   */
  public static Upscaler open(Path file, String backend) {
    Backend named = Backend.named(backend);
    return new Upscaler(named, UpscalingNetwork.open(file, named));
  }

  /** How many times wider and higher a picture becomes. */
  public int scale() {
    return network.model().scale();
  }

  /** Tiles of that side, or of the usual one for null, with as much around them as shows no seams. */
  public Tiles tiles(Integer side) {
    return network.tiles(side);
  }

  /** What the network takes for a picture of that size, in bytes. */
  public PlanSize plan(int width, int height, Tiles tiles) {
    Need need = network.need(width, height, tiles);
    return need.network().size(need, Long.MAX_VALUE);
  }

  /** What is decided for each operation of the network, for a tile of a picture of that size. */
  public List<PlannedOp> operations(int width, int height, Tiles tiles) {
    Need need = network.need(width, height, tiles);
    return backend.call(() -> need.network().operations(need.graph().get(), Long.MAX_VALUE));
  }

  /**
   * Enlarges a picture. Gray stays gray and alpha is kept, enlarged by Lanczos' filter.
   *
   * @return as many channels as {@code image} has
   */
  public DecodedImage enlarge(DecodedImage image, Tiles tiles, UpscalingNetwork.Progress progress) {
    int width = image.width() * scale();
    int height = image.height() * scale();
    int channels = image.channels();
    if ((long) width * height * channels > Integer.MAX_VALUE - 8) {
      throw new IllegalArgumentException("the picture would become " + width + "x" + height
          + ", which is more than an array holds; enlarge a part of it");
    }
    byte[] from = image.samples();
    byte[] to = new byte[width * height * channels];
    boolean gray = channels < 3;
    boolean alpha = channels % 2 == 0;
    network.enlarge(image.width(), image.height(), (left, top, w, h, target) -> {
      for (int i = 0; i < w * h; i++) {
        int at = ((top + i / w) * image.width() + left + i % w) * channels;
        for (int k = 0; k < 3; k++) {
          target[3 * i + k] = (from[at + (gray ? 0 : k)] & 255) / 255f;
        }
      }
    }, (y, values, offset) -> {
      for (int x = 0; x < width; x++) {
        int at = (y * width + x) * channels;
        int pixel = offset + 3 * x;
        if (gray) {
          to[at] = eightBits((values[pixel] + values[pixel + 1] + values[pixel + 2]) / 3);
        } else {
          for (int k = 0; k < 3; k++) {
            to[at + k] = eightBits(values[pixel + k]);
          }
        }
      }
    }, tiles, progress, passes());
    if (alpha) {
      BufferedImage mask = Resampling.LANCZOS.resize(mask(image), width, height);
      for (int i = 0; i < width * height; i++) {
        to[(i + 1) * channels - 1] = (byte) mask.getRGB(i % width, i / width);
      }
    }
    return new DecodedImage(width, height, channels, to);
  }

  private static BufferedImage mask(DecodedImage image) {
    BufferedImage mask = new BufferedImage(image.width(), image.height(), BufferedImage.TYPE_INT_RGB);
    for (int i = 0; i < image.width() * image.height(); i++) {
      mask.setRGB(i % image.width(), i / image.width(),
          (image.samples()[(i + 1) * image.channels() - 1] & 255) * 0x010101);
    }
    return mask;
  }

  private static byte eightBits(float unit) {
    return (byte) (int) Math.rint(Math.clamp(unit, 0f, 1f) * 255f);
  }

  /**
   * Enlarges values as they are, without limiting them to a picture's.
   *
   * @param picture (3, H, W), about [0, 1]
   * @return (3, scale H, scale W)
   */
  public Tensor enlarge(Tensor picture, Tiles tiles) {
    return Planes.enlarge(network, picture, tiles, passes());
  }

  private LatentCodec.Passes passes() {
    return (need, write, read) -> backend.call(() -> need.network().use(need, plan -> {
      write.accept(plan);
      plan.run();
      return read.apply(plan);
    }));
  }

  /** Frees the network. */
  @Override
  public void close() {
    backend.call(() -> {
      network.close();
      return null;
    });
  }
}
