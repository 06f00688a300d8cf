package dev.langevin.server;

import com.fasterxml.jackson.databind.ObjectMapper;
import dev.langevin.cli.ServeOptions;

/**
 * What the interfaces work with.
 *
 * @param options as the operator gave them
 * @param models that requests may name
 * @param queue that runs requests
 * @param loras files of updates that requests may name
 * @param clients watches for clients that go
 * @param pictures files that clients fetch by URL, by their names
 */
public record ServerContext(ServeOptions options, ModelPool models, RequestQueue queue, Loras loras,
    Clients clients, Kept<byte[]> pictures) {

  /** For all bodies. */
  public static final ObjectMapper JSON = new ObjectMapper();

  /** An empty place for what clients come for later, within the operator's bounds. */
  public <T> Kept<T> kept() {
    return new Kept<>(options.keepSeconds, options.keepBytes());
  }
}
