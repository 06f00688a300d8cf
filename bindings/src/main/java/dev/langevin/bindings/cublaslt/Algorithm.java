package dev.langevin.bindings.cublaslt;

/**
 * How a {@link MatrixProduct} is computed.
 *
 * @param text cuBLASLt's 64 bytes in hexadecimal; the same version reads them in another process, for the same kind of
 *   device ({@link MatrixProduct#algorithm})
 * @param workspaceBytes on the device that a run needs beside the matrices, at a multiple of 256
 */
public record Algorithm(String text, long workspaceBytes) {}
