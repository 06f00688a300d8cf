package dev.langevin.server.sdapi;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.image.GenerationParameters;
import dev.langevin.request.LoadOptions.Lora;
import dev.langevin.server.Authentication;
import dev.langevin.server.Fault;
import dev.langevin.server.Job;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServedModel;
import dev.langevin.server.ServerContext;
import dev.langevin.server.sdapi.PictureMaker.Made;
import dev.langevin.server.sdapi.PictureMaker.Picture;
import dev.langevin.text.ExtraNetwork;
import io.javalin.http.Context;
import java.util.List;
import java.util.Map;

/** {@code txt2img} and {@code img2img}. Thread-safe. */
final class PictureCalls {

  private final SdApi api;

  PictureCalls(SdApi api) {
    this.api = api;
  }

  void answer(Context context, boolean ofPicture) {
    JsonNode body = SdApiRoutes.body(context);
    PictureCall call = PictureCall.of(body, ofPicture, api.settings());
    ServerContext server = api.server();
    Limits.require(call, server.options());
    api.requireStyles(call.styles());
    ServedModel model = api.model(call);
    List<Lora> loras = call.networks() ? loras(call.prompt()) : List.of();
    String client = Authentication.client(context);
    SdJobs.Running running = api.jobs().begin(client, name(body, ofPicture), call.batches());
    try {
      Made made = make(context, client, model, running, new PictureMaker(call, loras, running));
      SdApiRoutes.json(context, answer(body, ofPicture, call, made == null ? nothing(call) : made, model));
    } finally {
      api.jobs().end(client, running);
    }
  }

  private static String name(JsonNode body, boolean ofPicture) {
    String id = body.path("force_task_id").asText("");
    return id.isEmpty() || id.length() > 100 ? ofPicture ? "scripts_img2img" : "scripts_txt2img" : id;
  }

  private List<Lora> loras(String prompt) {
    for (ExtraNetwork network : ExtraNetwork.of(prompt)) {
      if (network.kind().equals("hypernet")) {
        throw Refusal.of("the prompt's " + Texts.shortened(network.tag()) + " is a hypernetwork, which is not here;"
            + " leave it away");
      }
    }
    return api.server().loras().of(prompt);
  }

  /** @return null where it was interrupted before it began */
  private Made make(Context context, String client, ServedModel model, SdJobs.Running running, PictureMaker maker) {
    Job<Made> job = api.server().queue().submit(client, model, null,
        (step, total, preview) -> running.goesOn(), maker::make);
    running.accepted(job);
    api.server().clients().cancelWithClient(context, job);
    try {
      return job.await();
    } catch (Fault fault) {
      if (running.isInterrupted() && fault.status() == Fault.CLIENT_GONE) {
        return null;
      }
      throw fault;
    }
  }

  private static Made nothing(PictureCall call) {
    return new Made(List.of(), call.width() == null ? 0 : call.width(), call.height() == null ? 0 : call.height(),
        call.sampler(), call.guidance() == null ? 0 : call.guidance(), call.warnings(), Map.of());
  }

  private static ObjectNode answer(JsonNode body, boolean ofPicture, PictureCall call, Made made, ServedModel model) {
    Infotexts texts = new Infotexts(call, made, model);
    ObjectNode answer = ServerContext.JSON.createObjectNode();
    ArrayNode images = answer.putArray("images");
    for (Picture picture : call.sendsImages() ? made.pictures() : List.<Picture>of()) {
      images.add(Pictures.base64(Pictures.encode(picture.image(), call.settings().format(),
          call.settings().writesParameters() ? Map.of(GenerationParameters.KEYWORD, texts.of(picture)) : Map.of(),
          call.settings().format().hasQuality() ? Integer.valueOf(call.settings().quality()) : null)));
    }
    ObjectNode parameters = body.deepCopy();
    if (ofPicture && !call.echoesImages()) {
      parameters.putNull("init_images");
      parameters.putNull("mask");
    }
    answer.set("parameters", parameters);
    answer.put("info", texts.info());
    return answer;
  }
}
