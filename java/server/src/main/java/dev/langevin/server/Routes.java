package dev.langevin.server;

import com.fasterxml.jackson.databind.JsonNode;
import io.javalin.config.RoutesConfig;
import java.util.List;

/** An interface that the server speaks: its paths, and how it says what went wrong. {@link AllRoutes} lists them. */
public interface Routes {

  /** Beginnings of its paths, such as {@code /v1/}: these need a key where there are keys. */
  List<String> prefixes();

  /** Adds its paths. Called once, before the server starts. */
  void register(RoutesConfig routes, ServerContext server);

  /** The body of an answer that tells of a fault; OpenAI's shape by itself. */
  default JsonNode body(Fault fault) {
    return Faults.openAi(fault);
  }

  /** Whether a key may come as the password of HTTP's Basic authentication, too. */
  default boolean takesBasic() {
    return false;
  }
}
