package dev.langevin.server.page;

import dev.langevin.image.PictureTexts;
import dev.langevin.server.Fault;
import dev.langevin.settings.Program;
import dev.langevin.settings.RecordedIn;
import dev.langevin.settings.RecordedSettings;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * How a picture was made, by what its file records: told to the page, never followed. Names of models and files in it
 * are texts.
 *
 * @param program that has written it, for people
 * @param settings as the page's form has them: {@code seed} as a text, since it may have 64 bits
 * @param rest further fields under their names
 */
record RecordedPicture(String program, Map<String, Object> settings, Map<String, String> rest) {

  /** Fields of our own texts that say prompts exactly, where the text's first lines cannot. */
  private static final String PROMPT = "prompt";
  private static final String NEGATIVE = "negative";

  /** @throws Fault 400 if it is no picture, or if it records nothing */
  static RecordedPicture read(byte[] bytes) {
    RecordedSettings recorded = RecordedIn.settings(texts(bytes));
    if (recorded == null) {
      throw new Fault(Fault.BAD_REQUEST, "no_parameters", "the picture records no parameters; it was not made by"
          + " Langevin, AUTOMATIC1111, ComfyUI, InvokeAI or NovelAI, or was edited since");
    }
    Map<String, String> rest = new LinkedHashMap<>(recorded.rest());
    return new RecordedPicture(recorded.program().title(), settings(recorded, rest), rest);
  }

  private static PictureTexts texts(byte[] bytes) {
    try {
      return PictureTexts.read(bytes);
    } catch (IOException e) {
      throw new Fault(Fault.BAD_REQUEST, "invalid_image", "the file " + e.getMessage());
    }
  }

  /** @param rest from which the fields that are settings are taken */
  private static Map<String, Object> settings(RecordedSettings recorded, Map<String, String> rest) {
    boolean ours = recorded.program() == Program.LANGEVIN;
    String prompt = ours ? rest.remove(PROMPT) : null;
    String negative = ours ? rest.remove(NEGATIVE) : null;
    Map<String, Object> settings = new LinkedHashMap<>();
    put(settings, "prompt", prompt != null ? prompt : String.join("\n", recorded.prompts()));
    put(settings, "negative", negative != null ? negative : recorded.negative());
    put(settings, "model", recorded.model());
    put(settings, "width", recorded.width());
    put(settings, "height", recorded.height());
    put(settings, "steps", recorded.steps());
    put(settings, "guidance", recorded.cfg());
    put(settings, "sampler", recorded.sampler());
    put(settings, "schedule", recorded.schedule());
    put(settings, "seed", recorded.seed() == null ? null : recorded.seed().toString());
    put(settings, "strength", recorded.denoise());
    put(settings, "loras", recorded.loras().stream().map(lora -> Map.of("name", lora.name(), "scale", lora.model()))
        .toList());
    return settings;
  }

  private static void put(Map<String, Object> settings, String name, Object value) {
    if (value != null && !value.equals("") && !value.equals(List.of())) {
      settings.put(name, value);
    }
  }
}
