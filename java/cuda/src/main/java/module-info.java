/** The backend of NVIDIA's devices: CUDA's driver and the kernels of native/cuda. A service that nobody requires. */
module dev.langevin.cuda {
  requires dev.langevin.engine;
  requires dev.langevin.bindings;

  provides dev.langevin.backend.BackendProvider with
      dev.langevin.cuda.CudaBackendProvider;
  provides dev.langevin.diffusion.TransitionKernel with
      dev.langevin.cuda.CudaTransitionKernel;
}
