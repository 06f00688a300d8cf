package dev.langevin.weights;

import java.util.Arrays;
import java.util.Optional;

/**
 * Kinds of latent diffusion model that {@link SingleFileCheckpoint} knows, told apart by what the U-Net's context is
 * made of.
 */
public enum CheckpointFamily {
  /** CLIP ViT-L (arXiv:2112.10752). */
  SD1("SD 1.x", 768, 64, 0.18215),
  /** OpenCLIP ViT-H, its layer before the last. */
  SD2("SD 2.x", 1024, 64, 0.18215),
  /** CLIP ViT-L beside OpenCLIP ViT-bigG (arXiv:2307.01952). */
  SDXL("SD XL", 2048, 128, 0.13025),
  /** OpenCLIP ViT-bigG alone. */
  SDXL_REFINER("SD XL refiner", 1280, 128, 0.13025);

  private final String label;
  private final int contextWidth;
  private final int sampleSize;
  private final double scalingFactor;

  CheckpointFamily(String label, int contextWidth, int sampleSize, double scalingFactor) {
    this.label = label;
    this.contextWidth = contextWidth;
    this.sampleSize = sampleSize;
    this.scalingFactor = scalingFactor;
  }

  /** The usual name. */
  public String label() {
    return label;
  }

  /** Side of the latents that the first model of its kind was trained on. */
  int sampleSize() {
    return sampleSize;
  }

  /** One over the standard deviation of the autoencoder's latents. */
  double scalingFactor() {
    return scalingFactor;
  }

  boolean isXl() {
    return this == SDXL || this == SDXL_REFINER;
  }

  /** The family whose published models read a context of that width. */
  public static Optional<CheckpointFamily> ofContext(long width) {
    for (CheckpointFamily family : values()) {
      if (family.contextWidth == width) {
        return Optional.of(family);
      }
    }
    return Optional.empty();
  }

  /**
   * By the width of the context where it is a published one, else by the text encoders.
   *
   * @throws WeightsException if neither is known
   */
  static CheckpointFamily of(NamedTensors file, int contextWidth) {
    Optional<CheckpointFamily> published = ofContext(contextWidth);
    if (published.isPresent()) {
      return published.get();
    }
    for (OriginalTextEncoder.Place place : OriginalTextEncoder.Place.values()) {
      if (file.names().stream().anyMatch(name -> name.startsWith(place.prefix()))) {
        return place.family();
      }
    }
    throw new WeightsException(file.origin() + ": the U-Net reads a context of " + contextWidth
        + " channels and there is no text encoder; known widths are "
        + Arrays.stream(values()).map(f -> f.contextWidth).toList());
  }
}
