/** The diffusion engine: tensors, graphs, plans, models, schedulers and pipelines. */
module dev.langevin.engine {
  requires dev.langevin.bindings;
  requires com.fasterxml.jackson.databind;
  requires java.desktop;

  exports dev.langevin.tensor;
  exports dev.langevin.diffusion;
}
