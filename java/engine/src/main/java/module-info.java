/** The diffusion engine: tensors, graphs, plans, models, schedulers and pipelines. */
module dev.langevin.engine {
  requires com.fasterxml.jackson.databind;
  requires com.fasterxml.jackson.dataformat.yaml;
  requires jdk.jfr;
  requires jdk.management;
  requires transitive java.desktop;

  exports dev.langevin.tensor;
  exports dev.langevin.graph;
  exports dev.langevin.config;
  exports dev.langevin.diffusion;
  exports dev.langevin.diffusion.samplers;
  exports dev.langevin.backend;
  exports dev.langevin.models;
  exports dev.langevin.plan;
  exports dev.langevin.image;
  exports dev.langevin.pipeline;
  exports dev.langevin.pipeline.engine;
  exports dev.langevin.pipeline.files;
  exports dev.langevin.pipeline.stages;
  exports dev.langevin.policy;
  exports dev.langevin.request;
  exports dev.langevin.pipeline.starts;
  exports dev.langevin.settings;
  exports dev.langevin.pipeline.upscaling;
  exports dev.langevin.weights;
  exports dev.langevin.text;

  uses dev.langevin.pipeline.engine.Family;
  uses dev.langevin.backend.BackendProvider;
  uses dev.langevin.diffusion.TransitionKernel;
  uses dev.langevin.image.WebpCodec;

  provides dev.langevin.pipeline.engine.Family with
      dev.langevin.pipeline.families.stablediffusion.StableDiffusionFamily,
      dev.langevin.pipeline.families.unclip.UnClipFamily,
      dev.langevin.pipeline.families.pixels.PixelFamily;
  provides dev.langevin.backend.BackendProvider with
      dev.langevin.backend.reference.ReferenceBackendProvider;
  provides dev.langevin.diffusion.TransitionKernel with
      dev.langevin.diffusion.JavaTransitionKernel;
}
