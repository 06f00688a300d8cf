package dev.langevin.server.openai;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.langevin.server.Pictures;
import dev.langevin.server.ServerContext;
import java.util.List;
import java.util.Locale;
import java.util.UUID;

/** Writes what was made. */
final class ImageAnswer {

  private ImageAnswer() {}

  /** @param address of the server as the client knows it, for pictures by URL */
  static ObjectNode of(ImageRequest asked, List<ImageWork.Made> pictures, ServerContext server, String address) {
    ObjectNode answer = ServerContext.JSON.createObjectNode();
    answer.put("created", System.currentTimeMillis() / 1000);
    describe(answer, asked, pictures.getFirst().width(), pictures.getFirst().height());
    answer.put("model", asked.model().name());
    answer.put("seed", asked.seed());
    usage(answer);
    ArrayNode data = answer.putArray("data");
    for (ImageWork.Made picture : pictures) {
      ObjectNode entry = data.addObject();
      if (asked.byUrl()) {
        String name = UUID.randomUUID() + "." + format(asked);
        server.pictures().put(name, picture.file(), picture.file().length);
        entry.put("url", address + "/pictures/" + name);
      } else {
        entry.put("b64_json", Pictures.base64(picture.file()));
      }
      entry.put("seed", picture.seed());
    }
    return answer;
  }

  private static String format(ImageRequest asked) {
    return asked.format().name().toLowerCase(Locale.ROOT);
  }

  private static void describe(ObjectNode answer, ImageRequest asked, int width, int height) {
    answer.put("background", "opaque");
    answer.put("output_format", format(asked));
    answer.put("quality", asked.quality());
    answer.put("size", width + "x" + height);
  }

  /** Nothing is counted here, and clients ask for the numbers. */
  private static void usage(ObjectNode answer) {
    ObjectNode usage = answer.putObject("usage");
    usage.put("input_tokens", 0).put("output_tokens", 0).put("total_tokens", 0);
    usage.putObject("input_tokens_details").put("text_tokens", 0).put("image_tokens", 0);
  }

  static ObjectNode partial(ImageRequest asked, byte[] file, int index, int width, int height) {
    ObjectNode event = event(asked, asked.kind().event + ".partial_image", file, width, height);
    return event.put("partial_image_index", index);
  }

  static ObjectNode completed(ImageRequest asked, ImageWork.Made picture) {
    ObjectNode event =
        event(asked, asked.kind().event + ".completed", picture.file(), picture.width(), picture.height());
    usage(event);
    return event.put("seed", picture.seed());
  }

  private static ObjectNode event(ImageRequest asked, String type, byte[] file, int width, int height) {
    ObjectNode event = ServerContext.JSON.createObjectNode();
    event.put("type", type);
    event.put("b64_json", Pictures.base64(file));
    event.put("created_at", System.currentTimeMillis() / 1000);
    describe(event, asked, width, height);
    return event;
  }
}
