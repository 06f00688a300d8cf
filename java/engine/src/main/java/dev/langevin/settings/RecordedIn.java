package dev.langevin.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.PictureTexts;
import java.util.Map;

/** Finds the settings among a picture's texts. */
public final class RecordedIn {

  /** Keyword of AUTOMATIC1111's text in a PNG, and of ours. */
  public static final String PARAMETERS = "parameters";

  private static final String GRAPH = "prompt";

  private RecordedIn() {}

  /** The text of AUTOMATIC1111's form, or null. */
  public static String infotext(PictureTexts picture) {
    for (String keyword : new String[] {PARAMETERS, "UserComment", PictureTexts.COMMENT}) {
      String text = picture.texts().get(keyword);
      if (text != null && !text.isBlank()) {
        return text;
      }
    }
    return null;
  }

  /** The settings of whichever program has written them; null where no known one has. */
  public static RecordedSettings settings(PictureTexts picture) {
    Map<String, String> texts = picture.texts();
    if (!texts.containsKey(PARAMETERS)) {
      RecordedSettings other = ofAnother(texts, picture);
      if (other != null) {
        return other;
      }
    }
    String text = infotext(picture);
    return text == null || RecordedJson.object(text) != null ? null : InfotextSettings.of(Infotext.parse(text));
  }

  private static RecordedSettings ofAnother(Map<String, String> texts, PictureTexts picture) {
    JsonNode invoke = RecordedJson.object(texts.get("invokeai_metadata"));
    if (invoke != null) {
      return OtherPrograms.invoke(invoke);
    }
    JsonNode second = RecordedJson.object(texts.get("sd-metadata"));
    if (second != null) {
      return OtherPrograms.invokeSecond(second);
    }
    if (texts.containsKey("Dream")) {
      return OtherPrograms.invokeFirst(texts.get("Dream"));
    }
    JsonNode comment = RecordedJson.object(texts.get("Comment"));
    if (comment != null && "NovelAI".equals(texts.get("Software"))) {
      return OtherPrograms.novel(comment, texts.get("Description"), picture.width(), picture.height());
    }
    JsonNode graph = graph(texts);
    return graph == null ? null : ComfyGraph.read(graph);
  }

  /** In a PNG by its keyword; in Exif some tag begins with it. */
  private static JsonNode graph(Map<String, String> texts) {
    JsonNode graph = RecordedJson.object(texts.get(GRAPH));
    for (String tag : new String[] {"Model", "Make", "ImageDescription", "UserComment"}) {
      String text = texts.getOrDefault(tag, "");
      if (graph == null && text.regionMatches(true, 0, GRAPH + ":", 0, GRAPH.length() + 1)) {
        graph = RecordedJson.object(text.substring(GRAPH.length() + 1));
      }
    }
    return graph;
  }
}
