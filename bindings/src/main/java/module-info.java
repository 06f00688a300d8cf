/** Hand-bound native functions: oneDNN and the project's own shim. The only module that makes restricted calls. */
module dev.langevin.bindings {
  exports dev.langevin.bindings;
  exports dev.langevin.bindings.onednn;
  exports dev.langevin.bindings.shim;
  exports dev.langevin.bindings.webp;
}
