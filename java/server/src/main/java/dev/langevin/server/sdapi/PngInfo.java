package dev.langevin.server.sdapi;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.PictureTexts;
import dev.langevin.settings.Infotext;
import dev.langevin.settings.RecordedIn;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;

/** {@code png-info}: what a picture says of how it was made. */
final class PngInfo {

  private PngInfo() {}

  static Map<String, Object> of(JsonNode body) {
    JsonNode image = Fields.of(body).get("image");
    PictureTexts texts;
    try {
      texts = PictureTexts.read(SentPictures.bytes("image", image));
    } catch (IOException e) {
      throw Refusal.of("image " + e.getMessage());
    }
    String text = RecordedIn.infotext(texts);
    Map<String, String> items = new LinkedHashMap<>(texts.texts());
    if (text != null) {
      items.putIfAbsent(RecordedIn.PARAMETERS, text);
    }
    Map<String, Object> answer = new LinkedHashMap<>();
    answer.put("info", text == null ? "" : text);
    answer.put("items", items);
    answer.put("parameters", text == null ? Map.of() : Infotext.parse(text).fields());
    return answer;
  }
}
