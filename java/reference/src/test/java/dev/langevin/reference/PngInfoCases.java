package dev.langevin.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.image.ImageFileException;
import dev.langevin.image.PictureFile;
import dev.langevin.image.PictureTexts;
import dev.langevin.settings.Infotext;
import dev.langevin.settings.RecordedIn;
import dev.langevin.settings.RecordedSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.function.BiFunction;

/**
 * Settings in pictures: AUTOMATIC1111's texts and the fields of its own parser, texts in every carrier, what graphs and
 * metadata of other programs say, and damaged files, which open or are refused.
 */
final class PngInfoCases implements CaseRunner {

  /** Letters that the text of a damaged or oversized chunk may have. */
  private static final int BOUND = 4 << 20;

  /** Values of a graph or metadata by their names in the cases. */
  private static final Map<String, BiFunction<RecordedSettings, JsonNode, Object>> VALUES = Map.ofEntries(
      Map.entry("prompt", (s, e) -> s.prompts().isEmpty() ? null : e.isArray() ? s.prompts() : s.prompts().getFirst()),
      Map.entry("negative", (s, e) -> s.negative()), Map.entry("seed", (s, e) -> s.seed()),
      Map.entry("steps", (s, e) -> s.steps()), Map.entry("cfg", (s, e) -> s.cfg()),
      Map.entry("guidance", (s, e) -> s.guidance()), Map.entry("sampler", (s, e) -> s.sampler()),
      Map.entry("scheduler", (s, e) -> s.schedule()), Map.entry("denoise", (s, e) -> s.denoise()),
      Map.entry("width", (s, e) -> s.width()), Map.entry("height", (s, e) -> s.height()),
      Map.entry("model", (s, e) -> s.model()), Map.entry("init_image", (s, e) -> s.initImage()),
      Map.entry("loras", (s, e) -> s.loras().stream().map(lora -> lora(lora, e.path(0))).toList()),
      Map.entry("stages", (s, e) -> s.stages().stream().map(PngInfoCases::stage).toList()));

  private static Map<String, Object> lora(RecordedSettings.Lora lora, JsonNode form) {
    return form.has("strength") ? Map.of("name", lora.name(), "strength", lora.model())
        : Map.of("name", lora.name(), "strength_model", lora.model(), "strength_clip", lora.clip());
  }

  private static Map<String, Object> stage(RecordedSettings.Stage stage) {
    Map<String, Object> fields = new LinkedHashMap<>();
    fields.put("model", stage.model());
    fields.put("start_at_step", stage.start());
    fields.put("end_at_step", stage.end());
    return fields;
  }

  @Override
  public boolean accepts(ReferenceCase c) {
    return c.family().equals("png_info");
  }

  @Override
  public void run(ReferenceCase c) throws IOException {
    List<String> faults = new ArrayList<>();
    for (JsonNode text : c.json().path("texts")) {
      compare(text.path("label").asText(), text.path("fields"), Infotext.parse(text.path("text").asText()).fields(),
          faults);
    }
    Path folder = c.dir().resolve(c.json().path("folder").asText());
    for (JsonNode file : c.json().path("files")) {
      file(folder.resolve(file.path("file").asText()), file, faults);
    }
    if (c.json().path("texts").isEmpty() && c.json().path("files").isEmpty()) {
      faults.add("there is nothing in it that this runner knows");
    }
    if (!faults.isEmpty()) {
      throw new AssertionError(faults.size() + " faults: " + String.join("; ", faults));
    }
  }

  private static void file(Path path, JsonNode file, List<String> faults) {
    String name = String.valueOf(path.getFileName());
    if (file.has("verdict")) {
      String fault = damaged(path, file.path("verdict").asText());
      if (fault != null) {
        faults.add(name + ": " + fault);
      }
      return;
    }
    PictureTexts texts = PictureTexts.read(path);
    if (file.has("fields")) {
      String text = RecordedIn.infotext(texts);
      if (!Objects.equals(text, file.path("text").textValue())) {
        faults.add(name + ": holds " + text + ", expected " + file.path("text"));
      } else if (text != null) {
        compare(name, file.path("fields"), Infotext.parse(text).fields(), faults);
      }
    } else {
      settings(name, RecordedIn.settings(texts), file.path("expected"), faults);
    }
  }

  private static void compare(String name, JsonNode expected, Map<String, Object> actual, List<String> faults) {
    Map<String, Object> wanted = new LinkedHashMap<>();
    expected.properties().forEach(each -> wanted.put(each.getKey(), plain(each.getValue())));
    Set<String> keys = new java.util.TreeSet<>(wanted.keySet());
    keys.addAll(actual.keySet());
    for (String key : keys) {
      if (!Objects.equals(wanted.get(key), actual.get(key))) {
        faults.add(name + ": " + key + " is " + actual.get(key) + ", expected " + wanted.get(key));
      }
    }
  }

  private static Object plain(JsonNode value) {
    return value.isTextual() ? value.textValue() : value.isBoolean() ? (Object) value.booleanValue() : value.intValue();
  }

  private static void settings(String name, RecordedSettings settings, JsonNode expected, List<String> faults) {
    if (expected.isNull() || settings == null) {
      if (expected.isNull() != (settings == null)) {
        faults.add(name + ": holds " + settings + ", expected " + expected);
      }
      return;
    }
    for (Map.Entry<String, JsonNode> each : expected.properties()) {
      BiFunction<RecordedSettings, JsonNode, Object> value = VALUES.get(each.getKey());
      Object actual = value == null ? "nothing that this runner knows" : value.apply(settings, each.getValue());
      if (!equal(each.getValue(), actual)) {
        faults.add(name + ": " + each.getKey() + " is " + actual + ", expected " + each.getValue());
      }
    }
  }

  private static boolean equal(JsonNode expected, Object actual) {
    return switch (actual) {
      case null -> expected.isNull();
      case String text -> text.equals(expected.textValue());
      case Double number -> expected.isNumber() && number == expected.doubleValue();
      case Number number -> expected.isNumber() && number.toString().equals(expected.asText());
      case List<?> list -> {
        boolean same = expected.isArray() && expected.size() == list.size();
        for (int i = 0; same && i < list.size(); i++) {
          same = equal(expected.get(i), list.get(i));
        }
        yield same;
      }
      case Map<?, ?> map -> expected.isObject() && expected.size() == map.size()
          && map.entrySet().stream().allMatch(e -> equal(expected.path(String.valueOf(e.getKey())), e.getValue()));
      default -> false;
    };
  }

  private static String damaged(Path path, String verdict) {
    String refused = null;
    String text = null;
    try {
      text = RecordedIn.infotext(PictureTexts.read(path));
      PictureFile.read(path);
    } catch (ImageFileException | IOException e) {
      refused = e.getMessage();
    }
    return switch (verdict) {
      case "error" -> refused == null ? "was taken" : null;
      case "opens_or_error" -> null;
      case "opens_no_infotext" -> refused != null ? "was refused: " + refused : text == null ? null : "holds " + text;
      case "opens_any_infotext" -> refused != null ? "was refused: " + refused
          : text == null || text.length() <= BOUND ? null : "holds " + text.length() + " letters";
      default -> "has a verdict that this runner does not know: " + verdict;
    };
  }
}
