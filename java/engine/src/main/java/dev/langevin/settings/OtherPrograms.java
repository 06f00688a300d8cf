package dev.langevin.settings;

import com.fasterxml.jackson.databind.JsonNode;
import dev.langevin.settings.RecordedSettings.Draft;
import dev.langevin.settings.RecordedSettings.Lora;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** What InvokeAI, in three generations of its metadata, and NovelAI say of a picture. */
final class OtherPrograms {

  private static final Pattern NEGATIVE = Pattern.compile("\\[(.*?)\\]", Pattern.DOTALL);

  private static final Pattern OPTION = Pattern.compile("\\s(-{1,2}[A-Za-z_]+)(?:[ =](\"[^\"]*\"|\\S+))?");

  private OtherPrograms() {}

  /** Of version 3 and 4: keyword {@code invokeai_metadata}. */
  static RecordedSettings invoke(JsonNode json) {
    Draft draft = new Draft(Program.INVOKEAI);
    prompt(draft, RecordedJson.text(json.path("positive_prompt")));
    draft.negative = RecordedJson.text(json.path("negative_prompt"));
    numbers(draft, json, "cfg_scale", "scheduler");
    draft.clipSkip = RecordedJson.whole(json.path("clip_skip"));
    draft.clipSkip = draft.clipSkip == null ? null : Integer.valueOf(draft.clipSkip + 1); // theirs counts what is left
                                                                                          // out
    draft.model = name(json.path("model"));
    draft.vae = json.path("vae").isObject() ? name(json.path("vae")) : null;
    json.path("loras").forEach(lora -> {
      Double weight = RecordedJson.number(lora.path("weight"));
      double strength = weight == null ? 1 : weight;
      draft.loras.add(
          new Lora(String.valueOf(name(lora.has("model") ? lora.path("model") : lora.path("lora"))), strength,
              strength));
    });
    if (json.has("init_image")) {
      draft.initImage = json.path("init_image").asText();
      draft.denoise = RecordedJson.number(json.path("strength"));
    }
    rest(draft, json, Set.of("positive_prompt", "negative_prompt", "width", "height", "seed", "cfg_scale", "steps",
        "scheduler", "clip_skip", "model", "vae", "loras", "init_image", "strength", "app_version", "generation_mode"));
    return draft.finish();
  }

  private static String name(JsonNode model) {
    return RecordedJson.text(model.has("name") ? model.path("name") : model.path("model_name"));
  }

  /** Of version 2: keyword {@code sd-metadata}. */
  static RecordedSettings invokeSecond(JsonNode json) {
    Draft draft = new Draft(Program.INVOKEAI);
    JsonNode image = json.path("image");
    JsonNode prompt = image.path("prompt");
    if (prompt.isTextual()) {
      bracketed(draft, prompt.textValue());
    } else if (prompt.size() == 1) {
      bracketed(draft, prompt.get(0).path("prompt").asText());
    } else {
      prompt.forEach(each -> draft.prompts.add(each.path("prompt").asText()));
    }
    numbers(draft, image, "cfg_scale", "sampler");
    draft.model = RecordedJson.text(json.path("model_weights"));
    if (image.path("type").asText().equals("img2img")) {
      draft.initImage = image.path("init_image_path").asText("a picture");
      draft.denoise = RecordedJson.number(image.path("strength"));
    }
    rest(draft, image, Set.of("prompt", "steps", "cfg_scale", "height", "width", "seed", "sampler", "type", "strength",
        "init_image_path"));
    return draft.finish();
  }

  /** Of version 1: keyword {@code Dream}, a command line with the prompt in quotes. */
  static RecordedSettings invokeFirst(String line) {
    Draft draft = new Draft(Program.INVOKEAI);
    String text = line.strip();
    int end = text.startsWith("\"") ? text.lastIndexOf('"') : text.indexOf(" -");
    end = end < 1 ? text.length() : end;
    bracketed(draft, text.substring(text.startsWith("\"") ? 1 : 0, end));
    Matcher option = OPTION.matcher(text.substring(end));
    while (option.find()) {
      String value = option.group(2);
      switch (option.group(1)) {
        case "-s" -> draft.steps = whole(value);
        case "-W" -> draft.width = whole(value);
        case "-H" -> draft.height = whole(value);
        case "-C" -> draft.cfg = number(value);
        case "-A" -> draft.sampler = value;
        case "-S" -> draft.seed = value != null && value.matches("\\d{1,20}") ? new java.math.BigInteger(value) : null;
        case "-b", "-n" -> {} // how many
        case "-I" -> draft.initImage = value;
        case "-f" -> draft.denoise = number(value);
        default -> draft.rest.put(option.group(1), value == null ? "" : value);
      }
    }
    return draft.finish();
  }

  private static Integer whole(String text) {
    return text != null && text.matches("\\d{1,9}") ? Integer.valueOf(text) : null;
  }

  private static Double number(String text) {
    return text != null && text.matches("-?\\d{1,9}(\\.\\d{0,9})?") ? Double.valueOf(text) : null;
  }

  /** These versions guide away from what stands in square brackets. */
  private static void bracketed(Draft draft, String prompt) {
    List<String> negative = new ArrayList<>();
    Matcher found = NEGATIVE.matcher(prompt);
    while (found.find()) {
      negative.add(found.group(1));
    }
    draft.negative = negative.isEmpty() ? null : String.join(" ", negative);
    draft.prompts.add(negative.isEmpty() ? prompt
        : NEGATIVE.matcher(prompt).replaceAll(" ").replaceAll(" +", " ").strip());
  }

  /** NovelAI: keyword {@code Comment}, the prompt in {@code Description}. */
  static RecordedSettings novel(JsonNode json, String description, int width, int height) {
    Draft draft = new Draft(Program.NOVELAI);
    prompt(draft, json.path("prompt").isTextual() ? json.path("prompt").textValue() : description);
    draft.negative = RecordedJson.text(json.path("uc"));
    numbers(draft, json, "scale", "sampler");
    draft.schedule = RecordedJson.text(json.path("noise_schedule"));
    if (draft.width == null || draft.height == null) {
      draft.width = width > 0 ? Integer.valueOf(width) : null;
      draft.height = height > 0 ? Integer.valueOf(height) : null;
    }
    rest(draft, json, Set.of("prompt", "uc", "steps", "scale", "sampler", "seed", "width", "height", "noise_schedule",
        "n_samples"));
    return draft.finish();
  }

  private static void prompt(Draft draft, String prompt) {
    draft.prompts.addAll(prompt == null ? Collections.emptyList() : List.of(prompt));
  }

  private static void numbers(Draft draft, JsonNode json, String scale, String sampler) {
    draft.seed = RecordedJson.seed(json.path("seed"));
    draft.steps = RecordedJson.whole(json.path("steps"));
    draft.cfg = RecordedJson.number(json.path(scale));
    draft.sampler = RecordedJson.text(json.path(sampler));
    draft.width = RecordedJson.whole(json.path("width"));
    draft.height = RecordedJson.whole(json.path("height"));
  }

  /** Fields that do something: what is empty, off or zero is not among them. */
  private static void rest(Draft draft, JsonNode json, Set<String> known) {
    for (Map.Entry<String, JsonNode> each : json.properties()) {
      JsonNode value = each.getValue();
      boolean idle = value.isNull() || value.isNumber() && value.doubleValue() == 0
          || value.isBoolean() && !value.booleanValue() || value.isTextual() && value.textValue().isEmpty()
          || value.isContainerNode() && value.isEmpty();
      if (!idle && !known.contains(each.getKey())) {
        draft.rest.put(each.getKey(), value.isValueNode() ? value.asText() : value.toString());
      }
    }
  }
}
