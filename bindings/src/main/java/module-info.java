/**
 * Hand-bound native functions: oneDNN, the project's own shim, libwebp, CUDA's libraries. The only module that makes
 * restricted calls.
 */
module dev.langevin.bindings {
  exports dev.langevin.bindings;
  exports dev.langevin.bindings.cublaslt;
  exports dev.langevin.bindings.cuda;
  exports dev.langevin.bindings.cudnn;
  exports dev.langevin.bindings.kernels;
  exports dev.langevin.bindings.nvrtc;
  exports dev.langevin.bindings.onednn;
  exports dev.langevin.bindings.shim;
  exports dev.langevin.bindings.webp;
}
