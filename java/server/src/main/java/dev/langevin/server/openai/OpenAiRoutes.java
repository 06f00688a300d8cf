package dev.langevin.server.openai;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.image.DecodedImage;
import dev.langevin.server.Authentication;
import dev.langevin.server.Fault;
import dev.langevin.server.Fields;
import dev.langevin.server.Job;
import dev.langevin.server.Pictures;
import dev.langevin.server.Routes;
import dev.langevin.server.ServedModel;
import dev.langevin.server.ServerContext;
import dev.langevin.server.openai.ImageRequest.Kind;
import io.javalin.config.RoutesConfig;
import io.javalin.http.Context;
import io.javalin.http.UploadedFile;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code /v1/images}, {@code /v1/models} and {@code /v1/jobs}. */
public final class OpenAiRoutes implements Routes {

  @Override
  public List<String> prefixes() {
    return List.of("/v1/");
  }

  @Override
  public void register(RoutesConfig routes, ServerContext server) {
    routes.post("/v1/images/generations",
        context -> answer(context, server, ImageRequest.of(Kind.GENERATION, json(context), null, null, server)));
    routes.post("/v1/images/edits", context -> answer(context, server,
        isForm(context) ? form(Kind.EDIT, context, server) : edit(json(context), server)));
    routes.post("/v1/images/variations", context -> {
      if (!isForm(context)) {
        throw new Fault(Fault.BAD_REQUEST, "invalid_content_type", "the body must be multipart/form-data");
      }
      answer(context, server, form(Kind.VARIATION, context, server));
    });
    routes.get("/v1/models", context -> context.json(models(server)));
    routes.get("/v1/models/<name>", context -> context.json(model(server.models().find(context.pathParam("name")))));
    new JobRoutes(server).register(routes);
  }

  static Fields json(Context context) {
    return Fields.of(context.body());
  }

  /** An edit whose pictures are in its JSON. */
  static ImageRequest edit(Fields fields, ServerContext server) {
    List<JsonNode> images = new ArrayList<>();
    for (String name : List.of("images", "image")) {
      JsonNode sent = fields.node(name);
      if (sent != null && sent.isArray()) {
        sent.forEach(images::add);
      } else if (sent != null) {
        images.add(sent);
      }
    }
    requireOne(images.size());
    JsonNode mask = fields.node("mask");
    return ImageRequest.of(Kind.EDIT, fields, ImageRequest.picture("image", images.getFirst(), server),
        mask == null ? null : ImageRequest.picture("mask", mask, server), server);
  }

  private static void requireOne(int images) {
    if (images != 1) {
      throw Fault.of("image", images == 0 ? "Missing required parameter: 'image'"
          : "there are " + images + " images; the models here begin with one");
    }
  }

  private static boolean isForm(Context context) {
    return String.valueOf(context.contentType()).startsWith("multipart/form-data");
  }

  private static ImageRequest form(Kind kind, Context context, ServerContext server) throws IOException {
    List<UploadedFile> images = new ArrayList<>();
    List<UploadedFile> masks = new ArrayList<>();
    for (Map.Entry<String, List<UploadedFile>> files : context.uploadedFileMap().entrySet()) {
      switch (files.getKey()) {
        case "image", "image[]" -> images.addAll(files.getValue());
        case "mask" -> masks.addAll(files.getValue());
        default -> throw Fault.of(files.getKey(), "Unknown parameter: '" + files.getKey() + "'");
      }
    }
    requireOne(images.size());
    if (masks.size() > 1) {
      throw Fault.of("mask", "there are " + masks.size() + " masks, must be one at most");
    }
    ObjectNode fields = ServerContext.JSON.createObjectNode();
    context.formParamMap().forEach((name, values) -> values.stream().findFirst() // none of a file
        .ifPresent(value -> fields.put(name, value)));
    return ImageRequest.of(kind, new Fields(fields), decode("image", images.getFirst(), server),
        masks.isEmpty() ? null : decode("mask", masks.getFirst(), server), server);
  }

  private static DecodedImage decode(String field, UploadedFile file, ServerContext server) throws IOException {
    try (InputStream in = file.content()) {
      return Pictures.decode(field, in.readAllBytes(), server.options().maxPixels);
    }
  }

  private static void answer(Context context, ServerContext server, ImageRequest asked)
      throws IOException, InterruptedException {
    ImageStream stream = asked.stream() ? new ImageStream(asked) : null;
    ImageWork work = new ImageWork(asked, stream == null ? ImageWork.Audience.NONE : stream);
    Job<List<ImageWork.Made>> job =
        server.queue().submit(Authentication.client(context), asked.model(), null, work, work);
    job.prompt(asked.prompt());
    server.clients().cancelWithClient(context, job);
    if (stream != null) {
      stream.write(context, job);
      return;
    }
    ObjectNode answer = ImageAnswer.of(asked, job.await(), server, address(context));
    context.contentType("application/json").result(answer.toString());
  }

  /** Of this server as the client knows it. */
  static String address(Context context) {
    return context.scheme() + "://" + context.host();
  }

  private static ObjectNode models(ServerContext server) {
    ObjectNode answer = ServerContext.JSON.createObjectNode().put("object", "list");
    ArrayNode data = answer.putArray("data");
    server.models().list().forEach(each -> data.add(model(each)));
    server.models().aliases().forEach((alias, name) -> data.add(model(server.models().find(alias)).put("id", alias)));
    return answer;
  }

  private static ObjectNode model(ServedModel model) {
    return ServerContext.JSON.createObjectNode().put("id", model.name()).put("object", "model")
        .put("created", model.created()).put("owned_by", "langevin");
  }
}
