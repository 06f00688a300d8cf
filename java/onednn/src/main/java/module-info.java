/** The backend of processors: oneDNN's primitives and the kernels of the shim. A service that nobody requires. */
module dev.langevin.onednn {
  requires dev.langevin.engine;
  requires dev.langevin.bindings;

  provides dev.langevin.backend.BackendProvider with
      dev.langevin.backend.onednn.OneDnnBackendProvider;
  provides dev.langevin.diffusion.TransitionKernel with
      dev.langevin.backend.onednn.ShimTransitionKernel;
}
