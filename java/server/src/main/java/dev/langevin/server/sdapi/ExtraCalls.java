package dev.langevin.server.sdapi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.PictureFormat;
import dev.langevin.image.PictureTexts;
import dev.langevin.request.GenerationListener;
import dev.langevin.server.Authentication;
import dev.langevin.server.Job;
import dev.langevin.server.Pictures;
import dev.langevin.settings.RecordedIn;
import io.javalin.http.Context;
import java.awt.image.BufferedImage;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code extra-single-image} and {@code extra-batch-images}: pictures made larger. Thread-safe. */
final class ExtraCalls {

  private final SdApi api;
  private final Upscalers upscalers;

  ExtraCalls(SdApi api) {
    this.api = api;
    this.upscalers = new Upscalers(api.server().options());
  }

  Upscalers upscalers() {
    return upscalers;
  }

  List<Map<String, Object>> listed() {
    return upscalers.listed();
  }

  /** A picture as it was sent. */
  private record Sent(BufferedImage image, Map<String, String> texts) {}

  void one(Context context) {
    Fields fields = Fields.of(SdApiRoutes.body(context));
    Enlarging enlarging = Enlarging.of(fields, upscalers);
    List<byte[]> made = enlarge(context, enlarging, List.of(sent("image", fields.get("image"))));
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("html_info", "<p>" + enlarging.words() + "</p>");
    answer.put("image", Pictures.base64(made.getFirst()));
    SdApiRoutes.json(context, answer);
  }

  void several(Context context) {
    Fields fields = Fields.of(SdApiRoutes.body(context));
    Enlarging enlarging = Enlarging.of(fields, upscalers);
    List<Sent> sent = new ArrayList<>();
    String list = fields.oneOf("imageList", "image_list");
    for (JsonNode each : fields.list(list)) {
      Fields file = Fields.of(each, list + "[" + sent.size() + "].");
      String data = file.oneOf("data", "image");
      sent.add(sent(file.whole(data), file.get(data)));
    }
    if (sent.isEmpty()) {
      throw Refusal.of(list + " holds no picture; give some in base64");
    }
    if (sent.size() > api.server().options().maxPictures) {
      throw Refusal.of(list + " holds " + sent.size() + " pictures, more than the " + api.server().options().maxPictures
          + " of one request; send fewer");
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    List<byte[]> made = enlarge(context, enlarging, sent);
    answer.put("html_info", "<p>" + enlarging.words() + "</p>");
    answer.put("images", made.stream().map(Pictures::base64).toList());
    SdApiRoutes.json(context, answer);
  }

  private Sent sent(String field, JsonNode value) {
    BufferedImage image = SentPictures.opaque(SentPictures.of(field, value));
    Limits.pixels((double) image.getWidth() * image.getHeight(), api.server().options());
    Map<String, String> texts = new LinkedHashMap<>();
    try {
      String text = RecordedIn.infotext(PictureTexts.read(SentPictures.bytes(field, value)));
      if (text != null) {
        texts.put(RecordedIn.PARAMETERS, text);
      }
    } catch (IOException e) {
      return new Sent(image, texts); // a BMP, which has none
    }
    return new Sent(image, texts);
  }

  private List<byte[]> enlarge(Context context, Enlarging enlarging, List<Sent> pictures) {
    for (Sent each : pictures) {
      enlarging.requireWithin(each.image, api.server().options());
    }
    Job<List<byte[]>> job = api.server().queue().submit(Authentication.client(context), null, null,
        GenerationListener.NONE, session -> {
          List<byte[]> files = new ArrayList<>();
          for (Sent each : pictures) {
            Map<String, String> texts = new LinkedHashMap<>(each.texts);
            texts.put("postprocessing", enlarging.words());
            BufferedImage larger = enlarging.make(each.image, upscalers, session.token());
            files.add(Pictures.encode(larger, PictureFormat.PNG, texts, null));
          }
          return files;
        });
    api.server().clients().cancelWithClient(context, job);
    return job.await();
  }
}
