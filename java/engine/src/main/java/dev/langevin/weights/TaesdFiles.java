package dev.langevin.weights;

import dev.langevin.tensor.Tensor;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;

/**
 * A tiny autoencoder as its author publishes it (TAESD by Bohan: {@code taesd_encoder.pth} and {@code taesd_decoder.pth}, and those
 * for other latents up to {@code taef2}), by the names that diffusers' {@code AutoencoderTiny} has. There the layers are counted from 0
 * on in each file; the decoder's first, which limits the latents and has no weights, is none in diffusers.
 *
 * <p>Owned by whoever opened it; tensors live until {@link #close}; any thread may read them.
 */
public final class TaesdFiles implements NamedTensors, AutoCloseable {

  /** The decoder's first convolution (64, L, 3, 3). */
  private static final String FIRST = "decoder.layers.0.weight";

  private record Place(WeightFile file, String name) {}

  private final WeightFile encoder;
  private final WeightFile decoder;
  private final Map<String, Place> places = new LinkedHashMap<>();

  private TaesdFiles(WeightFile encoder, WeightFile decoder) {
    this.encoder = encoder;
    this.decoder = decoder;
    add(encoder, "encoder", 0);
    add(decoder, "decoder", 1);
  }

  /**
   * Opens both files.
   *
   * @throws WeightsException if one is missing or malformed, or holds other names than numbered layers
   */
  public static TaesdFiles open(Path encoder, Path decoder) {
    WeightFile first = WeightFile.open(encoder);
    WeightFile second = null;
    try {
      second = WeightFile.open(decoder);
      return new TaesdFiles(first, second);
    } catch (RuntimeException e) {
      first.close();
      if (second != null) {
        second.close();
      }
      throw e;
    }
  }

  private void add(WeightFile file, String side, int skipped) {
    for (String name : file.names()) {
      if (!name.matches("\\d{1,4}\\..+")) {
        throw new WeightsException(file.origin() + ": the tensor '" + name + "' has no layer's number at its beginning; is it the "
            + side + " of a tiny autoencoder as its author publishes it?");
      }
      int dot = name.indexOf('.');
      int layer = Integer.parseInt(name.substring(0, dot)) - skipped;
      places.put(side + ".layers." + layer + name.substring(dot), new Place(file, name));
    }
  }

  /** Configuration by the names of config.json in a diffusers folder: what differs between the published ones. */
  public Map<String, Object> config() {
    if (!has(FIRST)) {
      throw new WeightsException(decoder.origin() + ": the first convolution, '1.weight', is missing; is it a tiny autoencoder's decoder?");
    }
    return Map.of("_class_name", "AutoencoderTiny", "latent_channels", tensor(FIRST).shape().intDim(1),
        "use_midblock_gn", names().stream().anyMatch(name -> name.contains(".pool.")));
  }

  @Override
  public String origin() {
    return encoder.origin() + " and " + decoder.path().getFileName();
  }

  @Override
  public Set<String> names() {
    return Collections.unmodifiableSet(places.keySet());
  }

  @Override
  public Tensor tensor(String name) {
    Place place = places.get(name);
    if (place == null) {
      throw new WeightsException(origin() + ": there is no tensor '" + name + "'");
    }
    return place.file.tensor(place.name);
  }

  @Override
  public void unload() {
    encoder.unload();
    decoder.unload();
  }

  @Override
  public void close() {
    try {
      decoder.close();
    } finally {
      encoder.close();
    }
  }
}
