package dev.langevin.server.ollama;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.server.Fault;
import dev.langevin.server.Routes;
import dev.langevin.server.ServedModel;
import dev.langevin.server.ServerContext;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.time.Instant;
import java.util.List;
import java.util.TreeSet;

/** Ollama's paths, of those that make pictures and list models. */
public final class OllamaRoutes implements Routes {

  /** Whose interface this is: clients compare it. */
  private static final String VERSION = "0.14.0";

  @Override
  public List<String> prefixes() {
    return List.of("/api/");
  }

  /** {@code {"error": "..."}}. */
  @Override
  public JsonNode body(Fault fault) {
    return ServerContext.JSON.createObjectNode().put("error", fault.getMessage());
  }

  @Override
  public void register(RoutesConfig routes, ServerContext server) {
    GenerateCall generate = new GenerateCall(server);
    routes.post("/api/generate", generate::answer);
    routes.get("/api/tags", context -> json(context, models(server, false)));
    routes.get("/api/ps", context -> json(context, models(server, true)));
    routes.get("/api/version", context -> json(context, ServerContext.JSON.createObjectNode().put("version", VERSION)));
    routes.post("/api/show", context -> show(context, server));
    for (String text : List.of("/api/chat", "/api/embed", "/api/embeddings")) {
      routes.post(text, context -> {
        throw new Fault(Fault.BAD_REQUEST, "not_here", text + ": the models here make pictures; POST /api/generate");
      });
    }
    for (String change : List.of("/api/pull", "/api/push", "/api/create", "/api/copy")) {
      routes.post(change, context -> {
        throw new Fault(Fault.FORBIDDEN, "not_here", change + ": clients do not change this server's models");
      });
    }
    routes.delete("/api/delete", context -> {
      throw new Fault(Fault.FORBIDDEN, "not_here", "/api/delete: clients do not change this server's models");
    });
  }

  static JsonNode body(Context context) {
    try {
      JsonNode body = ServerContext.JSON.readTree(context.body());
      if (!body.isObject()) {
        throw new Fault(Fault.BAD_REQUEST, "invalid_json", "the body must be a JSON object");
      }
      return body;
    } catch (JsonProcessingException e) {
      throw new Fault(Fault.BAD_REQUEST, "invalid_json", "the body is no JSON: " + e.getOriginalMessage());
    }
  }

  static void json(Context context, JsonNode answer) {
    context.contentType("application/json").result(answer.toString());
  }

  /**
   * A model by its name; a tag behind it is {@code latest}.
   *
   * @throws Fault 404 if there is none
   */
  static ServedModel model(ServerContext server, JsonNode body) {
    JsonNode name = body.hasNonNull("model") ? body.get("model") : body.path("name");
    if (!name.isTextual() || name.textValue().isBlank()) {
      throw new Fault(Fault.BAD_REQUEST, "invalid_value", "model is missing; name one of GET /api/tags");
    }
    String plain = name.textValue().replaceFirst(":latest$", "");
    try {
      return server.models().find(plain);
    } catch (Fault fault) {
      throw new Fault(fault.status(), fault.code(), "model '" + plain.substring(0, Math.min(200, plain.length()))
          + "' not found; GET /api/tags lists those that there are");
    }
  }

  private static ObjectNode models(ServerContext server, boolean loadedOnly) {
    TreeSet<String> loaded = new TreeSet<>(server.models().loaded());
    ObjectNode answer = ServerContext.JSON.createObjectNode();
    ArrayNode models = answer.putArray("models");
    for (ServedModel each : server.models().list()) {
      if (loadedOnly && !loaded.contains(each.name())) {
        continue;
      }
      ObjectNode model = models.addObject();
      model.put("name", each.name());
      model.put("model", each.name());
      model.put("modified_at", Instant.ofEpochSecond(each.created()).toString());
      model.put("size", 0);
      model.put("digest", "");
      details(model);
      model.putArray("capabilities").add("image");
    }
    return answer;
  }

  private static void details(ObjectNode model) {
    ObjectNode details = model.putObject("details");
    details.put("parent_model", "");
    details.put("format", "diffusers");
    details.put("family", "diffusion");
    details.putArray("families").add("diffusion");
    details.put("parameter_size", "");
    details.put("quantization_level", "");
  }

  private static void show(Context context, ServerContext server) {
    model(server, body(context));
    ObjectNode answer = ServerContext.JSON.createObjectNode();
    answer.put("modelfile", "");
    answer.put("parameters", "");
    answer.put("template", "{{ .Prompt }}");
    details(answer);
    answer.putObject("model_info");
    answer.putArray("capabilities").add("image");
    json(context, answer);
  }
}
