package dev.langevin.models;

/**
 * A picture as a prompt (IP-Adapter, Ye et al., arXiv:2308.06721): its embedding makes further tokens, which have an
 * attention of their own beside that of the text.
 *
 * @param tokens that a picture makes
 * @param embedding width of the picture's embedding
 * @param scale of what that attention adds
 */
public record IpAdapterConfig(int tokens, int embedding, double scale) {}
