package dev.langevin.server.sdapi;

import dev.langevin.cli.EmbeddedModels;
import dev.langevin.cli.ServeOptions;
import dev.langevin.image.DecodedImage;
import dev.langevin.pipeline.upscaling.Tiles;
import dev.langevin.pipeline.upscaling.Upscaler;
import dev.langevin.request.CancellationToken;
import dev.langevin.request.MemoryLimitException;
import dev.langevin.server.OperatorFiles;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What makes pictures larger, by the names that requests have for it: filters, the network in the jar, and those in the
 * operator's folder. Thread-safe.
 */
final class Upscalers {

  static final String NONE = "None";
  static final String LANCZOS = "Lanczos";
  private static final String NEAREST = "Nearest";
  static final String EMBEDDED = "esrgan-slim";

  /** Runs of a network at most; what is missing then is done by a filter, as in the web UI. */
  private static final int MOST_RUNS = 3;

  private static final List<String> FILTERS = List.of(NONE, LANCZOS, NEAREST);

  private final ServeOptions options;
  private final OperatorFiles networks;
  private Path embedded;

  Upscalers(ServeOptions options) {
    this.options = options;
    this.networks = new OperatorFiles(options.upscalerDir, false);
  }

  private List<String> names() {
    List<String> names = new ArrayList<>(FILTERS);
    names.add(EMBEDDED);
    names.addAll(networks.list().keySet());
    return names;
  }

  List<Map<String, Object>> listed() {
    List<Map<String, Object>> listed = new ArrayList<>();
    for (String name : names()) {
      boolean network = !FILTERS.contains(name);
      Map<String, Object> upscaler = new LinkedHashMap<>();
      upscaler.put("name", name);
      upscaler.put("model_name", network ? name : null);
      upscaler.put("model_path", null);
      upscaler.put("model_url", null);
      upscaler.put("scale", name.equals(EMBEDDED) ? 2 : 4);
      listed.add(upscaler);
    }
    return listed;
  }

  /**
   * The name as it is listed.
   *
   * @throws dev.langevin.server.Fault if there is none
   */
  String require(String field, String name) {
    for (String each : names()) {
      if (each.equalsIgnoreCase(name) || name.isEmpty() && each.equals(NONE)) {
        return each;
      }
    }
    throw Refusal.of(field + " is " + Texts.shortened(name) + ", which is not among those of GET /sdapi/v1/upscalers");
  }

  /** A network's file; null of a filter's name. */
  synchronized Path file(String name) {
    if (FILTERS.contains(name)) {
      return null;
    }
    try {
      if (name.equals(EMBEDDED)) {
        embedded = embedded == null ? EmbeddedModels.upscaler() : embedded;
        return embedded;
      }
      return networks.find(name);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  BufferedImage enlarge(String name, BufferedImage image, int width, int height, CancellationToken token) {
    BufferedImage made = image;
    Path network = file(name);
    if (network != null) {
      try (Upscaler upscaler = Upscaler.open(network, options.backend)) {
        for (int run = 0; run < MOST_RUNS && (made.getWidth() < width || made.getHeight() < height); run++) {
          made = enlarge(upscaler, made, token);
        }
      }
    }
    return made.getWidth() == width && made.getHeight() == height ? made
        : Enlarging.resized(made, width, height, name.equals(NEAREST));
  }

  private BufferedImage enlarge(Upscaler upscaler, BufferedImage image, CancellationToken token) {
    Tiles tiles = upscaler.tiles(null);
    long bytes = upscaler.plan(image.getWidth(), image.getHeight(), tiles).bytes();
    if (bytes > options.maxMemory()) {
      throw new MemoryLimitException("the picture takes " + bytes + " bytes to enlarge, more than the limit of "
          + options.maxMemory() + "; send a smaller one");
    }
    return upscaler.enlarge(DecodedImage.of(image), tiles, (done, of) -> token.requireGoingOn()).toBufferedImage();
  }
}
