package dev.langevin.server.openai;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.request.Generation;
import dev.langevin.request.GenerationListener;
import dev.langevin.request.GenerationRequest;
import dev.langevin.server.Authentication;
import dev.langevin.server.Fault;
import dev.langevin.server.Job;
import dev.langevin.server.Pictures;
import dev.langevin.server.Routes;
import dev.langevin.server.ServedModel;
import dev.langevin.server.ServerContext;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;

/** {@code /v1/images} and {@code /v1/models}. */
public final class OpenAiRoutes implements Routes {

  @Override
  public List<String> prefixes() {
    return List.of("/v1/");
  }

  @Override
  public void register(RoutesConfig routes, ServerContext server) {
    routes.post("/v1/images/generations", context -> generate(context, server));
  }

  private static void generate(Context context, ServerContext server) {
    JsonNode asked;
    try {
      asked = ServerContext.JSON.readTree(context.body());
    } catch (JsonProcessingException e) {
      throw new Fault(Fault.BAD_REQUEST, "invalid_json", "the body is no JSON: " + e.getOriginalMessage());
    }
    ServedModel model = server.models().find(asked.path("model").asText(null));
    Job<Generation> job = server.queue().submit(Authentication.client(context), model, null, GenerationListener.NONE,
        session -> session.generate(GenerationRequest.prompt(asked.path("prompt").asText()).guidance(model.guidance())
            .steps(asked.path("steps").isInt() ? Integer.valueOf(asked.path("steps").asInt()) : null)
            .seed(asked.path("seed").asLong()).build()));
    server.clients().cancelWithClient(context, job);
    Generation made = job.await();
    ObjectNode answer = ServerContext.JSON.createObjectNode();
    answer.put("created", System.currentTimeMillis() / 1000);
    answer.putArray("data").addObject().put("b64_json",
        Pictures.base64(Pictures.encode(made.image(0), PictureFormat.PNG, Map.of(), null)));
    context.contentType("application/json").result(answer.toString());
  }
}
