package dev.langevin.weights;

import java.util.Arrays;
import java.util.Optional;

/** What the U-Net of a latent diffusion model reads beside the latents, told by the channels that it reads. */
public enum CheckpointUse {
  /** Nothing: texts to pictures. */
  PICTURES("", 4),
  /** One channel of depth (stabilityai/stable-diffusion-2-depth). */
  DEPTH("guided by depth", 5),
  /** The small picture itself (stabilityai/stable-diffusion-x4-upscaler). */
  UPSCALING("upscaler", 7),
  /** A mask and the masked picture's latents. */
  INPAINTING("inpainting", 9);

  private final String label;
  private final int channels;

  CheckpointUse(String label, int channels) {
    this.label = label;
    this.channels = channels;
  }

  static Optional<CheckpointUse> ofChannels(int channels) {
    return Arrays.stream(values()).filter(use -> use.channels == channels).findFirst();
  }

  /** In words; empty for pictures of a text. */
  public String label() {
    return label;
  }
}
