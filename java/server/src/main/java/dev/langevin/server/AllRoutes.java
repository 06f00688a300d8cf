package dev.langevin.server;

import dev.langevin.server.ollama.OllamaRoutes;
import dev.langevin.server.openai.OpenAiRoutes;
import dev.langevin.server.page.PageRoutes;
import dev.langevin.server.sdapi.SdApiRoutes;
import java.util.List;

/** The interfaces that the server speaks. */
final class AllRoutes {

  static final List<Routes> LIST = List.of(
      new OpenAiRoutes(),
      new SdApiRoutes(),
      new PageRoutes(), // below /api/page/, before whose is /api/
      new OllamaRoutes());

  private AllRoutes() {}

  /** Whose a registered path is, or null for nobody's, as the page's and those of health, and for no path. */
  static Routes of(String path) {
    return path == null ? null
        : LIST.stream().filter(routes -> routes.prefixes().stream().anyMatch(path::startsWith)).findFirst()
            .orElse(null);
  }
}
