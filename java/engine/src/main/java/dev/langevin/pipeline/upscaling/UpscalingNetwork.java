package dev.langevin.pipeline.upscaling;

import dev.langevin.backend.Backend;
import dev.langevin.backend.Precision;
import dev.langevin.models.CompactUpscaler;
import dev.langevin.models.RrdbNet;
import dev.langevin.models.SlimUpscaler;
import dev.langevin.models.UpscalingModel;
import dev.langevin.pipeline.engine.Need;
import dev.langevin.pipeline.engine.Network;
import dev.langevin.pipeline.stages.LatentCodec;
import dev.langevin.tensor.Shape;
import dev.langevin.tensor.Tensor;
import dev.langevin.weights.UpscalerFile;
import dev.langevin.weights.WeightsException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;

/**
 * A network that makes pictures larger, from a file, tile by tile. Used by many requests; {@link #close} is the
 * owner's.
 */
public final class UpscalingNetwork implements AutoCloseable {

  /** The network in a request's plan. */
  public static final String NAME = "upscaler";

  /** Pixels beyond these change nothing that an eye sees, though they reach farther in deep networks. */
  private static final int MOST_PAD = 32;

  /** Reads a part of a picture, in rows of pixels of three channels in [0, 1] each. */
  interface Source {
    /** @param target (height, width, 3) */
    void read(int left, int top, int width, int height, float[] target);
  }

  /** Takes the enlarged picture's rows, from the first to the last, of pixels of three channels, about [0, 1]. */
  interface Sink {
    void row(int y, float[] values, int offset);
  }

  private final UpscalerFile file;
  private final UpscalingModel model;
  private final Network network;

  private UpscalingNetwork(UpscalerFile file, UpscalingModel model, Network network) {
    this.file = file;
    this.model = model;
    this.network = network;
  }

  /**
   * Opens a file and checks it.
   *
   * @throws WeightsException if it is missing, malformed or of no known network
   */
  public static UpscalingNetwork open(Path path, Backend backend) {
    UpscalerFile file = UpscalerFile.open(path);
    try {
      UpscalingModel model = model(file);
      file.requireFit(model.graph(1, 4 * model.multiple(), 4 * model.multiple()).storedWeights());
      List<String> lost = file.notFinite();
      if (!lost.isEmpty()) {
        throw new WeightsException(path + ": has the tensor " + lost.getFirst() + (lost.size() == 1 ? "" : " and "
            + (lost.size() - 1) + " more") + " with NaN or infinite values; download the file again");
      }
      return new UpscalingNetwork(file, model, new Network(NAME, backend, Precision.F32, null, file));
    } catch (RuntimeException e) {
      file.close();
      throw e;
    }
  }

  private static UpscalingModel model(UpscalerFile file) {
    Map<String, Shape> shapes = file.shapes();
    try {
      return switch (file.kind()) {
        case RRDB -> RrdbNet.of(shapes);
        case COMPACT -> CompactUpscaler.of(shapes);
        case SLIM -> SlimUpscaler.of(shapes);
      };
    } catch (IllegalArgumentException e) {
      throw new WeightsException(file.origin() + ": " + e.getMessage(), e);
    }
  }

  /** The network's architecture, as read from its weights. */
  public UpscalingModel model() {
    return model;
  }

  /** Tiles of that side, or of the usual one for null, with as much around them as shows no seams. */
  public Tiles tiles(Integer side) {
    return new Tiles(side == null ? model.usualSide() : side, Math.min(model.reach(), MOST_PAD), Tiles.Seams.FADED);
  }

  /** What the largest tile of a picture takes. */
  public Need need(int width, int height, Tiles tiles) {
    int widest = tiles.spans(width).stream().mapToInt(span -> span.to() - span.from()).max().orElseThrow();
    int highest = tiles.spans(height).stream().mapToInt(span -> span.to() - span.from()).max().orElseThrow();
    return need(whole(widest), whole(highest));
  }

  private Need need(int width, int height) {
    return new Need(NAME, network, List.of(height, width), () -> model.graph(1, height, width));
  }

  /** The next size that the network takes. */
  private int whole(int side) {
    return Math.ceilDiv(side, model.multiple()) * model.multiple();
  }

  /** How far a picture has come: tiles done, of how many. */
  public interface Progress {
    /** Called after each tile, on the thread that enlarges. */
    void done(int tiles, int of);
  }

  /** Enlarges a picture of {@code width} by {@code height}. */
  void enlarge(int width, int height, Source source, Sink sink, Tiles tiles, Progress progress,
      LatentCodec.Passes passes) {
    List<Tiles.Span> rows = tiles.spans(height);
    List<Tiles.Span> columns = tiles.spans(width);
    Band band = new Band(width * model.scale(), rows, model.scale(), sink);
    for (int r = 0; r < rows.size(); r++) {
      for (int c = 0; c < columns.size(); c++) {
        Tiles.Span row = rows.get(r);
        Tiles.Span column = columns.get(c);
        int w = column.to() - column.from();
        int h = row.to() - row.from();
        float[] pixels = new float[3 * w * h];
        source.read(column.from(), row.from(), w, h, pixels);
        band.add(row, column, pass(pixels, w, h, passes), whole(w) * model.scale());
        progress.done(r * columns.size() + c + 1, rows.size() * columns.size());
      }
      band.finish(r);
    }
  }

  /** The network's result for a window, in [0, 1]; (h, w, 3), rows as wide as the network's sizes ask for. */
  private float[] pass(float[] pixels, int width, int height, LatentCodec.Passes passes) {
    float white = (float) model.white();
    int w = whole(width);
    int h = whole(height);
    float[] padded = new float[3 * w * h];
    for (int y = 0; y < h; y++) {
      int from = mirrored(y, height);
      for (int x = 0; x < w; x++) {
        for (int k = 0; k < 3; k++) {
          padded[(y * w + x) * 3 + k] = pixels[(from * width + mirrored(x, width)) * 3 + k] * white;
        }
      }
    }
    Tensor result =
        passes.pass(need(w, h), plan -> plan.in("image").write(padded), plan -> plan.out("enlarged").read());
    float[] values = result.toFloats();
    for (int i = 0; white != 1 && i < values.length; i++) {
      values[i] /= white;
    }
    return values;
  }

  /** Beyond the end a picture goes on as in a mirror that stands on its last pixel, as long as it has others. */
  private static int mirrored(int at, int extent) {
    return at < extent ? at : Math.max(0, 2 * (extent - 1) - at);
  }

  @Override
  public void close() {
    network.close();
    file.close();
  }
}
