package dev.langevin.server;

import io.javalin.config.RoutesConfig;
import java.util.Map;

/** Whether the process lives, and whether it takes requests. */
final class Health {

  private Health() {}

  static void register(RoutesConfig routes, ServerContext server) {
    routes.get("/health/live", request -> request.json(Map.of("status", "live")));
    routes.get("/health/ready", request -> {
      boolean ready = server.queue().isOpen();
      request.status(ready ? 200 : Fault.UNAVAILABLE).json(Map.of("status", ready ? "ready" : "draining"));
    });
  }
}
