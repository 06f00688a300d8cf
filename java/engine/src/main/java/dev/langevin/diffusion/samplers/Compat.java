package dev.langevin.diffusion.samplers;

/** Whose samplers, timesteps, start noise and noise levels are meant where programs differ. */
public enum Compat {
  /** Hugging Face diffusers. */
  DIFFUSERS,
  /** ComfyUI: the network is told the nearest whole timestep. */
  COMFY,
  /** AUTOMATIC1111's web UI: the network is told a timestep between two whole ones. */
  A1111
}
