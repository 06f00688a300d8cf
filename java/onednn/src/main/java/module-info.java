/** The backend of processors: oneDNN's primitives and the kernels of the shim. Found by services, required by nobody. */
module dev.langevin.onednn {
  requires dev.langevin.engine;
  requires dev.langevin.bindings;

  provides dev.langevin.backend.BackendProvider with
      dev.langevin.backend.onednn.OneDnnBackendProvider;
  provides dev.langevin.diffusion.TransitionKernel with
      dev.langevin.backend.onednn.ShimTransitionKernel;
}
