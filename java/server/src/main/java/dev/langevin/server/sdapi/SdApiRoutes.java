package dev.langevin.server.sdapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.server.Fault;
import dev.langevin.server.Routes;
import dev.langevin.server.ServerContext;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import java.util.List;

/** AUTOMATIC1111's paths. What it has and this server has not is answered by a sentence, not by an unknown path. */
public final class SdApiRoutes implements Routes {

  static final String ROOT = "/sdapi/v1/";

  /** What is not here, and why. */
  private static final List<String[]> ABSENT = List.of(
      new String[] {"interrogate", "pictures are not described here; there is no such model"},
      new String[] {"create/embedding", "nothing is trained here; see langevin train"},
      new String[] {"create/hypernetwork", "nothing is trained here; see langevin train"},
      new String[] {"train/embedding", "nothing is trained here; see langevin train"},
      new String[] {"train/hypernetwork", "nothing is trained here; see langevin train"},
      new String[] {"server-kill", "clients do not end this server; its operator does"},
      new String[] {"server-restart", "clients do not end this server; its operator does"},
      new String[] {"server-stop", "clients do not end this server; its operator does"});

  @Override
  public List<String> prefixes() {
    return List.of(ROOT, "/controlnet/", "/internal/ping");
  }

  @Override
  public boolean takesBasic() {
    return true;
  }

  /** As FastAPI and the web UI's own handler write it: programs read {@code detail}. */
  @Override
  public JsonNode body(Fault fault) {
    ObjectNode body = ServerContext.JSON.createObjectNode();
    body.put("error", fault.code() == null ? "HTTPException" : fault.code());
    body.put("detail", fault.getMessage());
    body.put("body", "");
    body.put("errors", fault.getMessage());
    return body;
  }

  @Override
  public void register(RoutesConfig routes, ServerContext server) {
    SdApi api = new SdApi(server);
    routes.post(ROOT + "txt2img", context -> api.pictures().answer(context, false));
    routes.post(ROOT + "img2img", context -> api.pictures().answer(context, true));
    routes.get(ROOT + "progress", api.progress()::answer);
    routes.post(ROOT + "interrupt", api.progress()::interrupt);
    routes.post(ROOT + "skip", api.progress()::skip);
    routes.get(ROOT + "options", api::options);
    routes.post(ROOT + "options", api::setOptions);
    routes.post(ROOT + "reload-checkpoint", api::reload);
    routes.post(ROOT + "unload-checkpoint", api::unload);
    routes.post(ROOT + "png-info", context -> json(context, PngInfo.of(body(context))));
    routes.post(ROOT + "extra-single-image", api.extras()::one);
    routes.post(ROOT + "extra-batch-images", api.extras()::several);
    Listings.register(routes, api);
    for (String[] absent : ABSENT) {
      routes.post(ROOT + absent[0], context -> {
        throw new Fault(Fault.NOT_FOUND, "not_here", "/sdapi/v1/" + absent[0] + ": " + absent[1]);
      });
    }
    routes.post("/controlnet/detect", context -> {
      throw new Fault(Fault.NOT_FOUND, "not_here",
          "/controlnet/detect: pictures are not preprocessed here; send finished control pictures");
    });
    routes.get("/internal/ping", context -> json(context, ServerContext.JSON.createObjectNode()));
  }

  /**
   * A request's body.
   *
   * @throws Fault 400 if it is no JSON
   */
  static JsonNode body(Context context) {
    try {
      String body = context.body();
      return ServerContext.JSON.readTree(body);
    } catch (com.fasterxml.jackson.core.JsonProcessingException e) {
      throw new Fault(Fault.BAD_REQUEST, "invalid_json", "the body is no JSON: " + e.getOriginalMessage());
    }
  }

  static void json(Context context, Object answer) {
    context.contentType("application/json").result(ServerContext.JSON.valueToTree(answer).toString());
  }
}
