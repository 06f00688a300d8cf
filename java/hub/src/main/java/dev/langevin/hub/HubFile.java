package dev.langevin.hub;

/**
 * A file of a model.
 *
 * @param path within the model, with slashes
 * @param bytes its size
 * @param hash its SHA-256 in hexadecimal digits if it is large, or git's SHA-1 of a blob: 64 or 40 of them
 */
public record HubFile(String path, long bytes, String hash) {}
