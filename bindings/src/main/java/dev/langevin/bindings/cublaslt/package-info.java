/** cuBLASLt, which cuDNN needs. */
package dev.langevin.bindings.cublaslt;
