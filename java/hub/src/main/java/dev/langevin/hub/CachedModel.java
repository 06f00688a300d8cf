package dev.langevin.hub;

import java.nio.file.Path;
import java.util.List;

/**
 * A commit of a model that lies in the cache, whole or in part, fetched by this program or another.
 *
 * @param repository owner and name
 * @param commit of the hub's git
 * @param revisions branches and tags that stood for it when they were asked last
 * @param folder of its files
 * @param bytes of them; commits share files that are the same
 */
public record CachedModel(String repository, String commit, List<String> revisions, Path folder, long bytes) {}
