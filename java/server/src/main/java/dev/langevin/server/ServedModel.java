package dev.langevin.server;

import java.nio.file.Path;

/**
 * A model that requests may name.
 *
 * @param name what they call it
 * @param path folder or file
 * @param guidance what it is usually guided by where the family's usual is wrong for it, or null
 * @param created seconds since 1970, of its files
 */
public record ServedModel(String name, Path path, Double guidance, long created) {}
